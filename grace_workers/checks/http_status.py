"""The HTTP status that a service answers with."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from grace_workers.actions import HttpProbe, Name, Span
from grace_workers.checks.check import EVERY_KIND, Check, Labels
from grace_workers.foundation.document import Document, JsonValue

_FINE, _FAILING = 200, 500


class HttpStatusParams(Document):
    """`path` begins with `/`."""

    path: Name = "/"
    timeout: Span = timedelta(seconds=2)


def probe(http: HttpProbe, params: HttpStatusParams) -> float:
    """Return the status, 0 when there was no answer in time."""
    status, _ = http.get(params.path, params.timeout)
    return float(status)


def _health_path(labels: Labels) -> Sequence[Mapping[str, JsonValue]]:
    """Return one reading, of the path in the label `health_path`."""
    return [{"path": labels["health_path"]} if "health_path" in labels else {}]


def _tolerates(status: float, labels: Labels) -> bool:
    # A path named by a label answers 200 when the service is healthy; any other path may well be missing.
    return status == _FINE if "health_path" in labels else 0 < status < _FAILING


DEFINITION = Check(
    name="http_status",
    summary="The HTTP status of one GET; 0 when nothing answers in time.",
    unit="",
    role=HttpProbe,
    params=HttpStatusParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    from_labels=_health_path,
    tolerates=_tolerates,
)
