"""`approval.answered`: a person said yes or no."""

from uuid import UUID

from grace_workers.foundation.document import Document
from grace_workers.foundation.redaction import redacted
from grace_workers.governance import Approval, ApprovalRequest
from grace_workers.orchestration.events.topic import Topic


class ApprovalAnswered(Document):
    """One answer. The incident's next state shows whether it was enough."""

    approval: UUID
    incident: UUID
    by: str
    role: str
    approved: bool
    reason: str


DEFINITION = Topic(
    name="approval_answered",
    body=ApprovalAnswered,
    key=lambda body: str(body.incident),
    about="A person approved or rejected a plan.",
)


def approval_answered(asked: ApprovalRequest, given: Approval) -> ApprovalAnswered:
    """Return the body for an answer to a question."""
    return ApprovalAnswered(
        approval=asked.id,
        incident=asked.incident,
        by=given.by,
        role=given.role.value,
        approved=given.approved,
        reason=redacted(given.reason),
    )
