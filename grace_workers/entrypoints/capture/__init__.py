"""Error capture inside a user's own application: two lines to install, and it never slows or breaks the application."""

from grace_workers.entrypoints.capture.celery_capture import capture_task_failures
from grace_workers.entrypoints.capture.levels import LevelControl
from grace_workers.entrypoints.capture.logging_capture import GraceHandler
from grace_workers.entrypoints.capture.sender import SendCounts, Sender

__all__ = ["GraceHandler", "LevelControl", "SendCounts", "Sender", "capture_task_failures"]
