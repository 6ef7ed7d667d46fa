"""How long the certificate of a service is still valid."""

from datetime import UTC, datetime, timedelta

from grace_workers.actions import Span, TlsProbe
from grace_workers.checks.check import EVERY_KIND, Check, above
from grace_workers.foundation.document import Document

_DAY = timedelta(days=1)


class CertificateDaysParams(Document):
    """`timeout` is how long the handshake may take."""

    timeout: Span = timedelta(seconds=2)


def probe(tls: TlsProbe, params: CertificateDaysParams) -> float:
    """Return the days until the certificate expires, below 0 once it has."""
    return (tls.expires(params.timeout) - datetime.now(UTC)) / _DAY


DEFINITION = Check(
    name="certificate_days",
    summary="Days until the certificate of the service expires; below 0 once it has.",
    unit="d",
    role=TlsProbe,
    params=CertificateDaysParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    tolerates=above("certificate_days", 7),
)
