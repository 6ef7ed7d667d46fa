"""All limits of the fleet: its levers, the adjustments of playbooks, and what else cycles proposed.

Only the names of the last have a colon, and of the others only those of adjustments a dot.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Engine

from grace_workers.actions import Limit, ServiceLimits
from grace_workers.adapters.postgres.fleet.adjustment_limits import AdjustmentLimits
from grace_workers.adapters.postgres.fleet.change_limits import ChangeLimits
from grace_workers.adapters.postgres.fleet.lever_limits import LeverLimits


class FleetLimits(ServiceLimits):
    """Implements `ServiceLimits`."""

    def __init__(self, engine: Engine, usual: Mapping[str, int]) -> None:
        self._levers = LeverLimits(engine, usual)
        self._adjustments = AdjustmentLimits(engine)
        self._changes = ChangeLimits(engine)

    def limits(self) -> Sequence[Limit]:
        return [*self._levers.limits(), *self._adjustments.limits(), *self._changes.limits()]

    def limit(self, name: str) -> Limit:
        return self._of(name).limit(name)

    def set_limit(self, name: str, value: int) -> Limit:
        return self._of(name).set_limit(name, value)

    def put_back_limit(self, name: str, value: int | None) -> Limit:
        return self._of(name).put_back_limit(name, value)

    def _of(self, name: str) -> ServiceLimits:
        if ":" in name:
            return self._changes
        return self._adjustments if "." in name else self._levers
