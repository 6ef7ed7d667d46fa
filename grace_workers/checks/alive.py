"""Whether a service runs."""

from grace_workers.actions import Restartable
from grace_workers.checks.check import EVERY_KIND, Check, above
from grace_workers.foundation.document import Document


class AliveParams(Document):
    """No params."""


def probe(service: Restartable, params: AliveParams) -> float:
    """Return 1 when it runs, else 0."""
    del params
    return float(service.status().running)


DEFINITION = Check(
    name="alive",
    summary="1 when the service is running, else 0.",
    unit="",
    role=Restartable,
    params=AliveParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    tolerates=above("alive", 0),
)
