"""The recording application in a worker whose pool rests after a second without a job."""

from grace_workers.adapters.celery import growing_pool
from tests.integration.celery.recording_app import app

__all__ = ["app"]

growing_pool.RESTS_FOR, growing_pool.LOOK = 1.0, 0.2
