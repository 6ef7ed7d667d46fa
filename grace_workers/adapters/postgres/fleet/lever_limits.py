"""The fleet's levers as limits that plans may set."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Engine

from grace_workers.actions import Limit, ServiceLimits
from grace_workers.adapters.postgres.engine import translated
from grace_workers.adapters.postgres.transaction import PostgresTransaction
from grace_workers.cycles import ON_TRIAL, Lever, LeverSetting, declared_levers
from grace_workers.foundation.errors import InputError, NotFoundError
from grace_workers.orchestration.stores.levers import LeverStore


class LeverLimits(ServiceLimits):
    """Implements `ServiceLimits`: a limit for each lever, and one for the other value that an experiment compares.

    `usual` are the values of the settings.
    """

    def __init__(self, engine: Engine, usual: Mapping[str, int]) -> None:
        self._engine = engine
        self._usual = usual

    def limits(self) -> Sequence[Limit]:
        with translated(), self._engine.begin() as connection:
            known = PostgresTransaction(connection)[LeverStore].settings()
        return [
            _limit(lever, known.get(lever.name), self._usual[lever.name], trial=trial)
            for lever in declared_levers()
            for trial in (False, True)
        ]

    def limit(self, name: str) -> Limit:
        found = next((one for one in self.limits() if one.name == name), None)
        if found is None:
            known = ", ".join(declared_levers().names)
            raise NotFoundError(f"the fleet has no lever {name[:80]!r}; it has: {known}, each also with {ON_TRIAL!r}")
        return found

    def set_limit(self, name: str, value: int) -> Limit:
        bounds = self.limit(name)
        if not bounds.lowest <= value <= bounds.highest:
            raise InputError(f"lever {name!r} may be {bounds.lowest} to {bounds.highest} {bounds.unit}".rstrip())
        return self.put_back_limit(name, value)

    def put_back_limit(self, name: str, value: int | None) -> Limit:
        lever, trial = name.removesuffix(ON_TRIAL), name.endswith(ON_TRIAL)
        self.limit(name)
        with translated(), self._engine.begin() as connection:
            store = PostgresTransaction(connection)[LeverStore]
            store.lock()
            known = store.settings().get(lever, LeverSetting(name=lever))
            if trial:
                after = replace(known, trial=value, schedule=known.schedule if value == known.trial else None)
            else:
                # The value of the settings is not kept, so that a later change of them takes effect.
                after = replace(known, value=None if value == self._usual[lever] else value)
            store.save(after, datetime.now(UTC))
        return self.limit(name)


def _limit(lever: Lever, known: LeverSetting | None, usual: int, *, trial: bool) -> Limit:
    setting = known or LeverSetting(name=lever.name)
    value = usual if setting.value is None else setting.value
    return Limit(
        name=f"{lever.name}{ON_TRIAL}" if trial else lever.name,
        value=setting.trial if trial else value,
        lowest=lever.lowest,
        highest=lever.highest,
        unit=lever.unit,
    )
