"""The load of the fleet, and the brakes that stop it from acting by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.governance import Brake, Load
from grace_workers.signals import Severity

DAY = timedelta(days=1)
HEARD_WITHIN = timedelta(hours=5)
"""An incident that neither moved nor had a signal for this long no longer shows that its target is down."""

DOWN_FROM = frozenset({Severity.ERROR, Severity.CRITICAL})
"""The severities of incidents whose target is down."""

MOST_ATTEMPTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadQuery:
    """Whose plan asks for the load: what another incident holds is `held`, and `service` is the scope of neighbours.

    `settle` is how long a target counts as down after its incident was closed.
    """

    incident: IncidentId | None = None
    playbook: str = ""
    target: TargetName | None = None
    cause: str = ""
    service: str | None = None
    settle: timedelta = timedelta(0)


class StormStore(Protocol):
    """The load of the fleet, and the brakes."""

    def lock(self) -> None:
        """Let one run begin at a time, so that together they stay within the limits."""

    def load(self, query: LoadQuery, now: datetime) -> Load:
        """Return the load, in one read."""

    def brake(self, brake: Brake) -> bool:
        """Put a brake on; return False if it was on already."""

    def lift(self, scope: str, *, by: str, at: datetime) -> Brake:
        """Lift a brake; runs before are no longer counted. Raises NotFoundError when none is on."""

    def brakes(self) -> Sequence[Brake]:
        """Return the brakes that are on, by scope."""
