"""What outcomes teach: episodes in, track records out. Edits no playbook."""

from grace_workers.learning.episode import Ending, Episode, TrackRecord

__all__ = ["Ending", "Episode", "TrackRecord"]
