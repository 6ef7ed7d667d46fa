"""How many threads a service has."""

from collections.abc import Mapping, Sequence

from grace_workers.actions import RunningProcesses
from grace_workers.checks.check import EVERY_KIND, Check, Labels, below
from grace_workers.foundation.document import Document, JsonValue

_MOST = 1000


class ServiceThreadsParams(Document):
    """No params."""


def probe(service: RunningProcesses, params: ServiceThreadsParams) -> float:
    """Return the sum over its processes, 0 where none runs."""
    del params
    return float(sum(one.threads for one in service.largest(_MOST)))


def _bounded(labels: Labels) -> Sequence[Mapping[str, JsonValue]]:
    """Return one reading where the label `service_threads_bound` says how many are too many."""
    return [{}] if "service_threads_bound" in labels else []


DEFINITION = Check(
    name="service_threads",
    summary="Threads of all processes of a service.",
    unit="threads",
    role=RunningProcesses,
    params=ServiceThreadsParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    from_labels=_bounded,
    tolerates=below("service_threads", 1000),
)
