"""The fleet's learned causes as flags that plans may switch: a variant for each version of the file, and `off`."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby

from sqlalchemy import Engine

from grace_workers.actions import Flag, FlagStore
from grace_workers.adapters.postgres.engine import translated
from grace_workers.adapters.postgres.transaction import PostgresTransaction
from grace_workers.cycles import OFF
from grace_workers.foundation.errors import InputError, IntegrityError, NotFoundError
from grace_workers.orchestration.stores.learned_causes import LearnedCause, LearnedCauseStore


class CauseVersions(FlagStore):
    """Implements `FlagStore`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def flags(self) -> Sequence[Flag]:
        with translated(), self._engine.begin() as connection:
            found = PostgresTransaction(connection)[LearnedCauseStore].versions()
        return [_flag(name, list(versions)) for name, versions in groupby(found, lambda one: one.name)]

    def flag(self, key: str) -> Flag:
        found = {one.key: one for one in self.flags()}
        if key not in found:
            raise NotFoundError(f"no learned cause is named {key[:80]!r}; learned: {', '.join(found) or 'none'}")
        return found[key]

    def set_variant(self, key: str, variant: str) -> Flag:
        known = self.flag(key).variants
        if variant not in known:
            raise InputError(f"learned cause {key!r} has no version {variant[:80]!r}; it has: {', '.join(known)}")
        with translated(), self._engine.begin() as connection:
            store = PostgresTransaction(connection)[LearnedCauseStore]
            if not all(one.unchanged for one in store.versions(key) if one.version == variant):
                raise IntegrityError(
                    f"the file of learned cause {key!r} is not the one that version {variant!r} names; propose it again"
                )
            store.accept(key, None if variant == OFF else variant, datetime.now(UTC))
        return self.flag(key)


def _flag(name: str, versions: Sequence[LearnedCause]) -> Flag:
    accepted = next((one.version for one in versions if one.accepted_at is not None), OFF)
    return Flag(key=name, enabled=True, variant=accepted, variants=(OFF, *(one.version for one in versions)))
