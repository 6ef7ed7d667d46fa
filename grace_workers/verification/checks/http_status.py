"""The HTTP status that a service answers with."""

from datetime import timedelta

from grace_workers.actions import HttpProbe, Name, Span
from grace_workers.foundation.document import Document
from grace_workers.verification.check import Check


class HttpStatusParams(Document):
    """`path` begins with `/`."""

    path: Name = "/"
    timeout: Span = timedelta(seconds=2)


def probe(http: HttpProbe, params: HttpStatusParams) -> float:
    """Return the status, 0 when nothing answered in time."""
    status, _ = http.get(params.path, params.timeout)
    return float(status)


DEFINITION = Check(
    name="http_status",
    summary="The HTTP status of one GET; 0 when nothing answers in time.",
    unit="",
    role=HttpProbe,
    params=HttpStatusParams,
    probe=probe,
)
