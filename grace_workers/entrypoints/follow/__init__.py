"""Following log files from outside the fleet: every error becomes a signal, and the position in each file is stored."""

from grace_workers.entrypoints.follow.follower import Follower
from grace_workers.entrypoints.follow.log_file import FollowedLog
from grace_workers.entrypoints.follow.position import LogPosition, Positions

__all__ = ["FollowedLog", "Follower", "LogPosition", "Positions"]
