"""Whether a target is held, so that it begins nothing new."""

from grace_workers.actions import Suspendable
from grace_workers.checks.check import Check
from grace_workers.foundation.document import Document


class SuspendedParams(Document):
    """There is nothing to choose."""


def probe(target: Suspendable, params: SuspendedParams) -> float:
    """Return 1 while it is held, else 0."""
    del params
    return float(target.is_suspended())


DEFINITION = Check(
    name="suspended",
    summary="1 while a target is held, so that it begins no rollout, deployment or scheduled run, else 0.",
    unit="",
    role=Suspendable,
    params=SuspendedParams,
    probe=probe,
)
