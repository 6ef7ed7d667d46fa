"""`learning.updated`: a run ended and was counted."""

from uuid import UUID

from grace_workers.foundation.document import Document
from grace_workers.foundation.redaction import redacted
from grace_workers.learning import Episode, TrackRecord, confidence
from grace_workers.orchestration.events.topic import Topic


class LearningUpdated(Document):
    """The track record after the run. `knowledge` is the key of the entry that the run taught, if any."""

    incident: UUID
    playbook: str
    signature: str
    ending: str
    restored: bool | None
    verified: int
    ineffective: int
    failed: int
    inconclusive: int
    confidence: float
    knowledge: str | None = None


DEFINITION = Topic(
    name="learning_updated",
    body=LearningUpdated,
    key=lambda body: body.playbook,
    about="A run ended: its playbook's track record, and perhaps the knowledge, changed.",
)


def learning_updated(episode: Episode, record: TrackRecord, knowledge: str | None) -> LearningUpdated:
    """Return the body for an episode and the record that now includes it."""
    return LearningUpdated(
        incident=episode.incident,
        playbook=episode.playbook,
        signature=redacted(episode.signature),
        ending=episode.ending.value,
        restored=episode.restored,
        verified=record.verified,
        ineffective=record.ineffective,
        failed=record.failed,
        inconclusive=record.inconclusive,
        confidence=confidence(record),
        knowledge=knowledge,
    )
