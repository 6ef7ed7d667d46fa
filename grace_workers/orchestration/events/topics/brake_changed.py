"""`brake.changed`: automatic runs were stopped, or a person allowed them again."""

from grace_workers.foundation.document import Document
from grace_workers.foundation.redaction import redacted
from grace_workers.governance import Brake
from grace_workers.orchestration.events.topic import Topic


class BrakeChanged(Document):
    """The brake as it is now. `scope` is `fleet`, or a label and its value."""

    scope: str
    on: bool
    reason: str
    by: str


DEFINITION = Topic(
    name="brake_changed",
    body=BrakeChanged,
    key=lambda body: body.scope,
    about="Automatic runs in a scope reached their limit and stopped, or a person allowed them again.",
)


def brake_changed(brake: Brake, *, on: bool, by: str, reason: str) -> BrakeChanged:
    """Return the body for a brake that was just put on or lifted."""
    return BrakeChanged(scope=brake.scope, on=on, reason=redacted(reason), by=by)
