"""Whether a network service accepts connections."""

from datetime import timedelta

from grace_workers.actions import EndpointProbe, Span
from grace_workers.checks.check import EVERY_KIND, Check, above
from grace_workers.foundation.document import Document


class TcpConnectsParams(Document):
    """`timeout` is how long the service may take to accept."""

    timeout: Span = timedelta(seconds=2)


def probe(endpoint: EndpointProbe, params: TcpConnectsParams) -> float:
    """Return 1 when a connection was established, else 0."""
    return float(endpoint.connects(params.timeout))


DEFINITION = Check(
    name="tcp_connects",
    summary="1 when the service accepts a TCP connection in time, else 0.",
    unit="",
    role=EndpointProbe,
    params=TcpConnectsParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    tolerates=above("tcp_connects", 0),
)
