"""Whether the name of a service's host can be resolved."""

from datetime import timedelta

from grace_workers.actions import EndpointProbe, Span
from grace_workers.checks.check import EVERY_KIND, Check, above
from grace_workers.foundation.document import Document


class NameResolvesParams(Document):
    """`timeout` is how long the resolvers may take."""

    timeout: Span = timedelta(seconds=2)


def probe(endpoint: EndpointProbe, params: NameResolvesParams) -> float:
    """Return 1 when the name resolves to an address, else 0."""
    return float(endpoint.resolves(params.timeout))


DEFINITION = Check(
    name="name_resolves",
    summary="1 when the name of the host leads to an address, else 0.",
    unit="",
    role=EndpointProbe,
    params=NameResolvesParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    tolerates=above("name_resolves", 0),
)
