"""`improvement.moved`: a change that a cycle proposed was proposed, is in force, was kept, or was taken back."""

from grace_workers.cycles import Improvement
from grace_workers.foundation.document import Document
from grace_workers.foundation.redaction import redacted
from grace_workers.orchestration.events.topic import Topic


class ImprovementMoved(Document):
    """The change and its state. `since` is the figure that its kind measures, after it was in force."""

    kind: str
    subject: str
    change: str
    state: str
    told: str
    before: float
    predicted: float
    since: float | None = None


DEFINITION = Topic(
    name="improvement_moved",
    body=ImprovementMoved,
    key=lambda body: f"{body.kind}:{body.subject}",
    about="A change of the fleet was proposed, is in force, was kept, or was taken back.",
)


def improvement_moved(one: Improvement) -> ImprovementMoved:
    """Return the body for an improvement that came into another state."""
    return ImprovementMoved(
        kind=one.kind,
        subject=one.subject,
        change=redacted(one.change),
        state=one.state.value,
        told=redacted(one.told),
        before=one.before,
        predicted=one.predicted,
        since=one.since,
    )
