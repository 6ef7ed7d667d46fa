"""`autonomy.changed`: a playbook's level was raised or lowered."""

from grace_workers.foundation.document import Document
from grace_workers.foundation.redaction import redacted
from grace_workers.governance import Autonomy, AutonomyLevel
from grace_workers.orchestration.events.topic import Topic


class AutonomyChanged(Document):
    """The levels before and after, who changed them, and why. `playbook` is `*` for every playbook of the domain."""

    playbook: str
    domain: str
    before: str
    after: str
    by: str
    reason: str


DEFINITION = Topic(
    name="autonomy_changed",
    body=AutonomyChanged,
    key=lambda body: f"{body.playbook}/{body.domain}",
    about="A person raised or lowered how far a playbook may act by itself, or it fell by itself.",
)


def autonomy_changed(after: Autonomy, before: AutonomyLevel) -> AutonomyChanged:
    """Return the body for a level that was just set."""
    return AutonomyChanged(
        playbook=after.playbook,
        domain=after.domain.value,
        before=before.value,
        after=after.level.value,
        by=after.by,
        reason=redacted(after.reason),
    )
