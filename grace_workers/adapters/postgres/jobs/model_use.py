"""What the fleet uses of a language model, by day."""

from datetime import date

from grace_workers.adapters.postgres.columns import Columns
from grace_workers.adapters.postgres.statement import lock, one, run
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.coding import ModelUse
from grace_workers.orchestration.stores.model_use import ModelUseStore
from grace_workers.orchestration.stores.store import implements

_ROW = Columns(ModelUse)

_OF = f"SELECT {_ROW} FROM model_use WHERE day = %(day)s"  # noqa: S608 - only constants are put in

_SAVE = f"""
INSERT INTO model_use ({_ROW}) VALUES ({_ROW.marks})
ON CONFLICT (day) DO UPDATE SET answers = excluded.answers, tokens = excluded.tokens, cost = excluded.cost,
    pending_tokens = excluded.pending_tokens, pending_cost = excluded.pending_cost
"""  # noqa: S608


class PostgresModelUseStore(PostgresStore, ModelUseStore):
    """Implements `stores.ModelUseStore`."""

    def lock(self) -> None:
        lock(self._connection, "grace.model_use")

    def of(self, day: date) -> ModelUse:
        row = one(self._connection, _OF, {"day": day})
        return ModelUse(day=day) if row is None else _ROW.read(row)

    def save(self, use: ModelUse) -> None:
        run(self._connection, _SAVE, _ROW.values(use))


DEFINITION = implements(ModelUseStore)(PostgresModelUseStore)
