"""The figures of playbooks that cycles adjust, as limits that plans may set."""

from collections.abc import Sequence
from datetime import UTC, datetime

from grace_workers.actions import Limit
from grace_workers.adapters.postgres.engine import translated
from grace_workers.adapters.postgres.fleet.proposed_limits import ProposedLimits
from grace_workers.adapters.postgres.transaction import PostgresTransaction
from grace_workers.foundation.errors import InputError
from grace_workers.orchestration.stores.adjustments import AdjustmentStore
from grace_workers.playbooks import UNSET, AdjustedFigure, Adjustment

_UNITS = {
    AdjustedFigure.MIN_CONFIDENCE: "%, 0 as in the file",
    AdjustedFigure.MODE: "(0 as in the file, 1 review, 2 permission)",
}


class AdjustmentLimits(ProposedLimits[Adjustment]):
    """Implements `ServiceLimits`: a limit for each figure that was ever proposed; 0 is what the file says."""

    of = "adjustment of a playbook"

    def set_limit(self, name: str, value: int) -> Limit:
        known = self._named(name)
        if not UNSET <= value <= known.figure.highest:
            raise InputError(f"limit {name!r} may be {UNSET} to {known.figure.highest} {_UNITS[known.figure]}")
        with translated(), self._engine.begin() as connection:
            store = PostgresTransaction(connection)[AdjustmentStore]
            store.put(known.playbook, known.figure.value, value, datetime.now(UTC))
        return self.limit(name)

    def put_back_limit(self, name: str, value: int | None) -> Limit:
        return self.set_limit(name, UNSET if value is None else value)

    def _rows(self, tx: PostgresTransaction) -> Sequence[Adjustment]:
        return tx[AdjustmentStore].all()

    def _limit(self, one: Adjustment) -> Limit:
        unit = _UNITS[one.figure]
        return Limit(name=one.name, value=one.value, lowest=UNSET, highest=one.figure.highest, unit=unit)
