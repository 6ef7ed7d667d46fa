"""For how long a service has served without a break."""

from grace_workers.actions import Restartable
from grace_workers.checks.check import Check, above
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import PermanentError
from grace_workers.foundation.ids import TargetKind
from grace_workers.signals import Factor


class ServingSecondsParams(Document):
    """No params."""


def probe(service: Restartable, params: ServingSecondsParams) -> float:
    """Return the seconds, 0 when it does not serve.

    Raises:
        PermanentError: the target cannot report since when it serves.
    """
    del params
    status = service.status()
    if status.serving is None:
        raise PermanentError("the target does not report since when it has been serving; check `alive` instead")
    return status.serving.total_seconds()


DEFINITION = Check(
    name="serving_seconds",
    summary="How many seconds the service has served without interruption; 0 when it is down.",
    unit="s",
    role=Restartable,
    params=ServingSecondsParams,
    probe=probe,
    evidence_for=(TargetKind("kernel"),),
    tolerates=above("serving_seconds", 10),
    factor=Factor.RESTARTS,
)
