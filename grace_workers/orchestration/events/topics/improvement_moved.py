"""`improvement.moved`: an adjustment of a playbook was proposed, is in force, was kept, or was taken back."""

from grace_workers.cycles import Improvement
from grace_workers.foundation.document import Document
from grace_workers.foundation.redaction import redacted
from grace_workers.orchestration.events.topic import Topic


class ImprovementMoved(Document):
    """The adjustment and its state. `since` is the share of runs that help, measured after it was in force."""

    playbook: str
    change: str
    state: str
    told: str
    before: float
    predicted: float
    since: float | None = None


DEFINITION = Topic(
    name="improvement_moved",
    body=ImprovementMoved,
    key=lambda body: body.playbook,
    about="A change of a playbook was proposed, is in force, was kept, or was taken back.",
)


def improvement_moved(one: Improvement) -> ImprovementMoved:
    """Return the body for an improvement that came into another state."""
    return ImprovementMoved(
        playbook=one.playbook,
        change=one.words,
        state=one.state.value,
        told=redacted(one.told),
        before=one.before,
        predicted=one.predicted,
        since=one.since,
    )
