"""How wrong the clock of a machine may be."""

from grace_workers.actions import HostFigures
from grace_workers.checks.check import Check, below
from grace_workers.foundation.document import Document


class HostClockParams(Document):
    """No params."""


def probe(host: HostFigures, params: HostClockParams) -> float:
    """Return the current figure."""
    del params
    return host.clock_error()


# Many virtual machines leave their clock to the hypervisor, and say 16 although it is right, so it is no evidence.
DEFINITION = Check(
    name="host_clock_error_seconds",
    summary="By how much the clock of a machine may be wrong, as its kernel says; 16 where nothing keeps it right.",
    unit="s",
    role=HostFigures,
    params=HostClockParams,
    probe=probe,
    tolerates=below("host_clock_error_seconds", 5),
)
