"""What cycles proposed as limits that plans may set: 1 puts a version of a change into force, 0 ends it.

The name ends with the version, so a plan puts exactly the content into force that it names.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from grace_workers.actions import Limit
from grace_workers.adapters.postgres.engine import translated
from grace_workers.adapters.postgres.fleet.proposed_limits import ProposedLimits
from grace_workers.adapters.postgres.transaction import PostgresTransaction
from grace_workers.cycles import FleetChange
from grace_workers.foundation.errors import InputError
from grace_workers.orchestration.stores.fleet_changes import FleetChangeStore

_UNIT = "(1 in force, 0 not)"


class ChangeLimits(ProposedLimits[FleetChange]):
    """Implements `ServiceLimits`."""

    of = "change of the fleet"

    def set_limit(self, name: str, value: int) -> Limit:
        known = self._named(name)
        if value not in {0, 1}:
            raise InputError(f"limit {name!r} may be 0 or 1 {_UNIT}, not {value}")
        with translated(), self._engine.begin() as connection:
            store = PostgresTransaction(connection)[FleetChangeStore]
            if value:
                store.put(known.kind, known.subject, known.version, datetime.now(UTC))
            else:
                store.end(known.kind, known.subject, known.version)
        return self.limit(name)

    def put_back_limit(self, name: str, value: int | None) -> Limit:
        return self.set_limit(name, value or 0)

    def _rows(self, tx: PostgresTransaction) -> Sequence[FleetChange]:
        return tx[FleetChangeStore].versions()

    def _limit(self, one: FleetChange) -> Limit:
        return Limit(name=one.limit, value=int(one.in_force_at is not None), lowest=0, highest=1, unit=_UNIT)
