"""`switch.turned`: a person turned one of the global switches."""

from grace_workers.foundation.document import Document
from grace_workers.foundation.redaction import redacted
from grace_workers.governance import Switch
from grace_workers.orchestration.events.topic import Topic


class SwitchTurned(Document):
    """The switch as it is now: `kill` or `freeze`."""

    switch: str
    on: bool
    reason: str
    by: str


DEFINITION = Topic(
    name="switch_turned",
    body=SwitchTurned,
    key=lambda body: body.switch,
    about="A person turned the switch `kill` or `freeze` on or off.",
)


def switch_turned(name: str, switch: Switch) -> SwitchTurned:
    """Return the body for a switch that was just turned."""
    return SwitchTurned(switch=name, on=switch.on, reason=redacted(switch.reason), by=switch.by)
