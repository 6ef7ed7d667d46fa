"""How much work waits for the processors of a machine."""

from grace_workers.actions import HostFigures
from grace_workers.checks.check import EVERY_KIND, Check, below
from grace_workers.foundation.document import Document
from grace_workers.signals import Factor


class HostLoadParams(Document):
    """No params."""


def probe(host: HostFigures, params: HostLoadParams) -> float:
    """Return the current figure."""
    del params
    return host.figures().load_per_core


DEFINITION = Check(
    name="host_load_per_core",
    summary="Load average of the last minute for each processor of a machine.",
    unit="",
    role=HostFigures,
    params=HostLoadParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    tolerates=below("host_load_per_core", 4),
    factor=Factor.CPU,
)
