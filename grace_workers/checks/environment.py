"""Which environment a target says that it is in."""

from grace_workers.actions import EnvironmentProof
from grace_workers.checks.check import Check
from grace_workers.foundation.document import Document, JsonValue


class EnvironmentParams(Document):
    """There is nothing to choose."""


def probe(target: EnvironmentProof, params: EnvironmentParams) -> JsonValue:
    """Return the identity, as the one fact."""
    del params
    return [target.environment()]


DEFINITION = Check(
    name="environment",
    summary="The identity by which a target proves its environment; pin it as `environment` of the target.",
    unit=None,
    role=EnvironmentProof,
    params=EnvironmentParams,
    probe=probe,
)
