"""What outcomes teach: episodes in, track records and answers out. Edits no playbook."""

from grace_workers.learning.choosing import Tally, experience, learn
from grace_workers.learning.episode import Ending, Episode, TrackRecord
from grace_workers.learning.foretelling import Chances, failure_risk
from grace_workers.learning.lesson import Lesson, lesson
from grace_workers.learning.model import FEWEST_HELD, LONGEST, Model, TextModel, Trained
from grace_workers.learning.modelling import new_model, read_model, train_model
from grace_workers.learning.reading import new_text_model, read_text_model, text_of, train_text_model
from grace_workers.learning.recall import (
    FEWEST,
    Bin,
    Cluster,
    Credit,
    Nearest,
    Neighbour,
    Precedent,
    Reliability,
    clusters,
    features_of,
    reliability,
)
from grace_workers.learning.record import confidence, update
from grace_workers.learning.taking_back import taken_back, unlearned

__all__ = [
    "FEWEST",
    "FEWEST_HELD",
    "LONGEST",
    "Bin",
    "Chances",
    "Cluster",
    "Credit",
    "Ending",
    "Episode",
    "Lesson",
    "Model",
    "Nearest",
    "Neighbour",
    "Precedent",
    "Reliability",
    "Tally",
    "TextModel",
    "TrackRecord",
    "Trained",
    "clusters",
    "confidence",
    "experience",
    "failure_risk",
    "features_of",
    "learn",
    "lesson",
    "new_model",
    "new_text_model",
    "read_model",
    "read_text_model",
    "reliability",
    "taken_back",
    "text_of",
    "train_model",
    "train_text_model",
    "unlearned",
    "update",
]
