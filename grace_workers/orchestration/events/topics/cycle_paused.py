"""`cycle.paused`: a person paused a cycle, or let it go on."""

from grace_workers.foundation.document import Document
from grace_workers.foundation.redaction import redacted
from grace_workers.orchestration.events.topic import Topic


class CyclePaused(Document):
    """The cycle, and whether it is paused now."""

    cycle: str
    paused: bool
    reason: str
    by: str


DEFINITION = Topic(
    name="cycle_paused",
    body=CyclePaused,
    key=lambda body: body.cycle,
    about="A person paused a cycle, or let it go on.",
)


def cycle_paused(name: str, *, paused: bool, reason: str, by: str) -> CyclePaused:
    """Return the body for a cycle that was just paused or resumed."""
    return CyclePaused(cycle=name, paused=paused, reason=redacted(reason), by=by)
