"""Goals that people made or ended."""

from collections.abc import Sequence

from grace_workers.adapters.postgres.incidents.documents import restored, stored
from grace_workers.adapters.postgres.statement import json_text, lock, many, run
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.cycles import Goal
from grace_workers.orchestration.stores.goals import GoalStore
from grace_workers.orchestration.stores.store import implements

_SAVE = """
INSERT INTO goals (name, ended_at, document) VALUES (%(name)s, %(ended_at)s, %(document)s::json)
ON CONFLICT (name) DO UPDATE SET ended_at = excluded.ended_at, document = excluded.document
"""

_STORED = "SELECT document, name FROM goals ORDER BY name"


class PostgresGoalStore(PostgresStore, GoalStore):
    """Implements `stores.GoalStore`."""

    def lock(self) -> None:
        lock(self._connection, "goals")

    def save(self, goal: Goal) -> None:
        values = {"name": goal.name, "ended_at": goal.ended_at, "document": json_text(stored(Goal, goal))}
        run(self._connection, _SAVE, values)

    def stored(self) -> Sequence[Goal]:
        return [restored(Goal, row[0], f"goal {row[1]}") for row in many(self._connection, _STORED, {})]


DEFINITION = implements(GoalStore)(PostgresGoalStore)
