"""How much memory a service uses."""

from collections.abc import Mapping, Sequence

from grace_workers.actions import RunningProcesses
from grace_workers.checks.check import EVERY_KIND, Check, Labels, below
from grace_workers.foundation.document import Document, JsonValue
from grace_workers.signals import Factor

_MOST = 1000


class ServiceMemoryParams(Document):
    """No params."""


def probe(service: RunningProcesses, params: ServiceMemoryParams) -> float:
    """Return the sum over its processes, 0 where none runs."""
    del params
    return sum(one.memory for one in service.largest(_MOST)) / (1 << 20)


def _bounded(labels: Labels) -> Sequence[Mapping[str, JsonValue]]:
    """Return one reading where the label `service_memory_mib_bound` says how much is too much."""
    return [{}] if "service_memory_mib_bound" in labels else []


DEFINITION = Check(
    name="service_memory_mib",
    summary="Resident memory of all processes of a service.",
    unit="MiB",
    role=RunningProcesses,
    params=ServiceMemoryParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    from_labels=_bounded,
    tolerates=below("service_memory_mib", 4096),
    factor=Factor.MEMORY,
)
