"""What the kernels' self-tests ask of PostgreSQL. They only read, except for an echo that is rolled back."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine

from grace_workers.adapters.postgres.engine import translated
from grace_workers.adapters.postgres.fleet.leader import is_held
from grace_workers.adapters.postgres.migrate import schema_of
from grace_workers.adapters.postgres.statement import many, one
from grace_workers.fleet import InstanceHealth, MemberFacts, MeshFacts, SchemaStand, SlotFacts
from grace_workers.foundation.ids import InstanceName

_ECHO = """
INSERT INTO memories (name, document, at) VALUES (%(name)s, to_json(%(text)s::text), clock_timestamp())
RETURNING document #>> '{}'
"""

_MEMBER = """
SELECT died_at IS NULL AND left_at IS NULL, health, clock_timestamp() - heartbeat_at FROM instances
WHERE name = %(name)s
"""

# A running or waiting job says nothing yet, so the slots before it are examined too.
# A slot without a job passed while its cycle was paused, so no run is missing.
_SLOTS = """
SELECT w.entry, clock_timestamp() - max(s.slot_at),
    clock_timestamp() - max(s.slot_at) FILTER (WHERE j.state = 'succeeded' OR j.id IS NULL),
    EXISTS (SELECT FROM cycle_pauses p WHERE p.name = w.entry)
FROM unnest(%(entries)s::text[]) AS w (entry)
LEFT JOIN LATERAL (
    SELECT slot_at, job_id FROM schedule_slots f WHERE f.entry = w.entry ORDER BY slot_at DESC LIMIT 10
) s ON true
LEFT JOIN jobs j ON j.id = s.job_id
GROUP BY w.entry
"""


_MESH = """
SELECT newest, coalesce(clock_timestamp() - (SELECT min(at) FROM event_outbox), interval '0') FROM event_head
"""


class DatabaseFacts:
    """The questions of the node `instance`, on one engine. `schedule` returns the entries that beat fires."""

    def __init__(
        self,
        engine: Engine,
        migrations: Path,
        *,
        instance: InstanceName,
        schedule: Callable[[], Mapping[str, timedelta]],
    ) -> None:
        self._engine = engine
        self._alone = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._migrations = migrations
        self._instance = instance
        self._schedule = schedule

    def echo(self, text: str) -> str:
        """Write `text` in a transaction that is rolled back, and return what was read back in it."""
        with translated(), self._engine.connect() as connection:
            row = one(connection, _ECHO, {"name": f"self-test:{text}", "text": text})
            connection.rollback()
        return str(row[0])

    def schema(self) -> SchemaStand:
        """Return how the database's schema fits this release."""
        return schema_of(self._alone, self._migrations)

    def lease_held(self, name: str) -> bool:
        """Return whether any process holds that lease now."""
        return is_held(self._alone, name)

    def member(self) -> MemberFacts | None:
        """Return this node's entry in the register."""
        with translated(), self._alone.connect() as connection:
            row = one(connection, _MEMBER, {"name": self._instance})
        return None if row is None else MemberFacts(in_fleet=row[0], health=InstanceHealth(row[1]), silent_for=row[2])

    def mesh(self) -> MeshFacts:
        """Return the state of the log of events."""
        with translated(), self._alone.connect() as connection:
            row = one(connection, _MESH, {})
        return MeshFacts(newest=row[0], oldest_waits=row[1])

    def slots(self) -> Sequence[SlotFacts]:
        """Return the entries of the schedule, with their newest slot and the newest one whose job succeeded."""
        every = self._schedule()
        with translated(), self._alone.connect() as connection:
            rows = many(connection, _SLOTS, {"entries": list(every)})
        found = {row[0]: row for row in rows}
        return [
            SlotFacts(
                entry=name,
                every=span,
                slot_age=found[name][1],
                succeeded_age=found[name][2],
                paused=found[name][3],
            )
            for name, span in every.items()
        ]
