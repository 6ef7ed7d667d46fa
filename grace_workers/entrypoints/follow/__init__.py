"""Following logs from outside the fleet: every error becomes a signal, and the position in each log is stored."""

from grace_workers.entrypoints.follow.follower import Follower
from grace_workers.entrypoints.follow.journal import FollowedJournal
from grace_workers.entrypoints.follow.journal_follower import JournalFollower
from grace_workers.entrypoints.follow.log_file import FollowedLog
from grace_workers.entrypoints.follow.position import JournalPosition, LogPosition, Positions

__all__ = [
    "FollowedJournal",
    "FollowedLog",
    "Follower",
    "JournalFollower",
    "JournalPosition",
    "LogPosition",
    "Positions",
]
