"""How much of a machine's memory is in use."""

from grace_workers.actions import HostFigures
from grace_workers.checks.check import EVERY_KIND, Check, below
from grace_workers.foundation.document import Document
from grace_workers.signals import Factor


class HostMemoryParams(Document):
    """No params."""


def probe(host: HostFigures, params: HostMemoryParams) -> float:
    """Return the current figure."""
    del params
    return host.figures().memory


DEFINITION = Check(
    name="host_memory_ratio",
    summary="Memory in use over memory there is, on a machine.",
    unit="",
    role=HostFigures,
    params=HostMemoryParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    tolerates=below("host_memory_ratio", 0.95),
    exhausted_at=1.0,
    factor=Factor.MEMORY,
)
