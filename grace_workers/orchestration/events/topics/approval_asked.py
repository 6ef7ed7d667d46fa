"""`approval.asked`: a plan waits for people."""

from datetime import datetime
from uuid import UUID

from grace_workers.foundation.document import Document
from grace_workers.governance import ApprovalRequest
from grace_workers.orchestration.events.topic import Topic


class ApprovalAsked(Document):
    """The question: who may answer, how many must, and until when."""

    approval: UUID
    incident: UUID
    plan: UUID
    plan_digest: str
    mode: str
    role: str
    quorum: int
    expires_at: datetime


DEFINITION = Topic(
    name="approval_asked",
    body=ApprovalAsked,
    key=lambda body: str(body.incident),
    about="A plan waits for people to approve or reject it.",
)


def approval_asked(asked: ApprovalRequest) -> ApprovalAsked:
    """Return the body for a question."""
    return ApprovalAsked(
        approval=asked.id,
        incident=asked.incident,
        plan=asked.plan,
        plan_digest=asked.plan_digest,
        mode=asked.mode.value,
        role=asked.role.value,
        quorum=asked.quorum,
        expires_at=asked.expires_at,
    )
