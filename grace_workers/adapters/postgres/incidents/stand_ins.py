"""Who stands in for which approver."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from grace_workers.adapters.postgres.incidents.documents import restored, stored
from grace_workers.adapters.postgres.statement import json_text, many, one, run
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.foundation.errors import NotFoundError
from grace_workers.governance import StandIn
from grace_workers.orchestration.stores.stand_ins import StandInStore
from grace_workers.orchestration.stores.store import implements

_ADD = "INSERT INTO stand_ins (id, ends_at, document) VALUES (%(id)s, %(ends_at)s, %(document)s::json)"

_OPEN = "SELECT document, ends_at FROM stand_ins WHERE ends_at > %(now)s ORDER BY id LIMIT 1000"

_LOAD = "SELECT document, ends_at FROM stand_ins WHERE id = %(id)s"

_END = "UPDATE stand_ins SET ends_at = least(ends_at, %(now)s) WHERE id = %(id)s"


class PostgresStandInStore(PostgresStore, StandInStore):
    """Implements `stores.StandInStore`."""

    def add(self, one: StandIn) -> None:
        values = {"id": one.id, "ends_at": one.ends_at, "document": json_text(stored(StandIn, one))}
        run(self._connection, _ADD, values)

    def open(self, now: datetime) -> Sequence[StandIn]:
        found = [_read(row) for row in many(self._connection, _OPEN, {"now": now})]
        return sorted(found, key=lambda one: (one.starts_at, one.id))

    def load(self, wanted: UUID) -> StandIn:
        row = one(self._connection, _LOAD, {"id": wanted})
        if row is None:
            raise NotFoundError(f"no one was named as a stand-in under {wanted}; `grace stand-in list` lists all")
        return _read(row)

    def end(self, wanted: UUID, now: datetime) -> None:
        run(self._connection, _END, {"id": wanted, "now": now})


def _read(row: Any) -> StandIn:
    # The column is the truth, because one that was ended early keeps its document.
    return replace(restored(StandIn, row[0], "a stand-in"), ends_at=row[1])


DEFINITION = implements(StandInStore)(PostgresStandInStore)
