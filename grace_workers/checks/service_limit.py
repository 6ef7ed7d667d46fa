"""A limit of a service that is in force."""

from collections.abc import Mapping, Sequence

from grace_workers.actions import Name, ServiceLimits
from grace_workers.checks.check import Check, Labels
from grace_workers.foundation.document import Document, JsonValue

NONE = -1.0


class ServiceLimitParams(Document):
    """`limit` is one that the target declares."""

    limit: Name


def probe(limits: ServiceLimits, params: ServiceLimitParams) -> float:
    """Return the limit, -1 where there is none."""
    value = limits.limit(params.limit).value
    return NONE if value is None else float(value)


def _never(labels: Labels) -> Sequence[Mapping[str, JsonValue]]:
    del labels
    return ()


DEFINITION = Check(
    name="service_limit",
    summary="The value of a limit that is in force; -1 where there is none.",
    unit="",
    role=ServiceLimits,
    params=ServiceLimitParams,
    probe=probe,
    from_labels=_never,
)
