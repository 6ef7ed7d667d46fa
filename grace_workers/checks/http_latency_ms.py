"""How long a service takes to answer."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from statistics import median
from typing import Annotated

from pydantic import Field

from grace_workers.actions import HttpProbe, Name, Span
from grace_workers.checks.check import EVERY_KIND, Check, Labels, below
from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.errors import TransientError
from grace_workers.signals import Factor


class HttpLatencyParams(Document):
    """`requests` are made one after another; `path` begins with `/`."""

    path: Name = "/"
    requests: Annotated[int, Field(ge=1, le=100)] = 5
    timeout: Span = timedelta(seconds=2)


def probe(http: HttpProbe, params: HttpLatencyParams) -> float:
    """Return the median in milliseconds.

    Raises:
        TransientError: a request got no answer in time, so there is no latency to report.
    """
    seconds = []
    for _ in range(params.requests):
        status, elapsed = http.get(params.path, params.timeout)
        if status == 0:
            raise TransientError(f"GET {params.path} got no answer within {params.timeout.total_seconds():g} s")
        seconds.append(elapsed)
    return median(seconds) * 1000


def _health_path(labels: Labels) -> Sequence[Mapping[str, JsonValue]]:
    """Return one reading, of the path in the label `health_path`.

    One request is enough to distinguish slow from fast; the contract's own check measures properly.
    """
    return [{**({"path": labels["health_path"]} if "health_path" in labels else {}), "requests": 1}]


DEFINITION = Check(
    name="http_latency_ms",
    summary="The median time of several GETs.",
    unit="ms",
    role=HttpProbe,
    params=HttpLatencyParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    from_labels=_health_path,
    tolerates=below("http_latency_ms", 500),
    factor=Factor.LATENCY,
)
