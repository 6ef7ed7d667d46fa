"""The figures of playbooks that cycles adjust, as limits that plans may set."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Engine

from grace_workers.actions import Limit, ServiceLimits
from grace_workers.adapters.postgres.engine import translated
from grace_workers.adapters.postgres.transaction import PostgresTransaction
from grace_workers.foundation.errors import InputError, NotFoundError
from grace_workers.orchestration.stores.adjustments import AdjustmentStore
from grace_workers.playbooks import UNSET, AdjustedFigure, Adjustment

_UNITS = {
    AdjustedFigure.MIN_CONFIDENCE: "%, 0 as in the file",
    AdjustedFigure.MODE: "(0 as in the file, 1 review, 2 permission)",
}


class AdjustmentLimits(ServiceLimits):
    """Implements `ServiceLimits`: a limit for each figure that was ever proposed; 0 is what the file says."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def limits(self) -> Sequence[Limit]:
        return [_limit(one) for one in self._all()]

    def limit(self, name: str) -> Limit:
        return _limit(self._named(name))

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

    def _named(self, name: str) -> Adjustment:
        found = {one.name: one for one in self._all()}
        if name not in found:
            known = ", ".join(found) or "none"
            raise NotFoundError(f"no adjustment of a playbook is named {name[:80]!r}; proposed so far: {known}")
        return found[name]

    def _all(self) -> Sequence[Adjustment]:
        with translated(), self._engine.begin() as connection:
            return PostgresTransaction(connection)[AdjustmentStore].all()


def _limit(one: Adjustment) -> Limit:
    return Limit(name=one.name, value=one.value, lowest=UNSET, highest=one.figure.highest, unit=_UNITS[one.figure])
