"""What outcomes teach: episodes in, track records out. Edits no playbook."""

from grace_workers.learning.choosing import Tally, experience, learn
from grace_workers.learning.episode import Ending, Episode, TrackRecord
from grace_workers.learning.lesson import Lesson, lesson
from grace_workers.learning.record import confidence, update

__all__ = [
    "Ending",
    "Episode",
    "Lesson",
    "Tally",
    "TrackRecord",
    "confidence",
    "experience",
    "learn",
    "lesson",
    "update",
]
