"""The fleet's register inside a transaction, over PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import Connection

from grace_workers.adapters.postgres.fleet.instance_rows import COLUMNS, IN_FLEET, instance_of
from grace_workers.adapters.postgres.fleet.leader import confirm
from grace_workers.adapters.postgres.jobs.takeover import hand_over
from grace_workers.adapters.postgres.statement import many, one, run
from grace_workers.adapters.postgres.transaction import PostgresTransaction
from grace_workers.fleet import HealthChange, Instance, Lease
from grace_workers.foundation.ids import InstanceName, JobId
from grace_workers.orchestration.job import Job
from grace_workers.orchestration.stores import AuditAppender
from grace_workers.orchestration.stores.fleet import FleetStore, Leadership
from grace_workers.orchestration.stores.store import implements

# Any number of our own that no other lock of ours has. A frozen holder is ended soon, because its successor waits.
_PATIENCE = "SET LOCAL idle_in_transaction_session_timeout = '2s'"
_LOCK = "SELECT pg_advisory_xact_lock(7310506)"

_LIST = f"SELECT {COLUMNS} FROM instances i ORDER BY i.name"  # noqa: S608 - only constants are put in

_CHANGE = f"""
UPDATE instances i SET health = %(after)s::text, health_at = clock_timestamp(), reason = %(why)s, held = %(held)s,
    attempts = %(attempts)s, drain_until = NULL,
    quarantined_at = CASE WHEN %(after)s::text = 'quarantined' OR i.health = 'retired' THEN clock_timestamp()
        WHEN %(after)s::text IN ('healthy', 'degraded') THEN NULL
        ELSE coalesce(i.quarantined_at, clock_timestamp()) END,
    retired_at = CASE WHEN %(after)s::text = 'retired' THEN clock_timestamp() END
WHERE i.name = %(name)s AND i.epoch = %(epoch)s AND i.health = %(before)s AND {IN_FLEET}
RETURNING {COLUMNS}
"""  # noqa: S608

# A quarantined instance keeps the reason, because it is quarantined again when it comes back.
_DRAIN = f"""
UPDATE instances i SET health = 'draining', reason = CASE WHEN i.quarantined_at IS NULL THEN %(why)s ELSE i.reason END,
    health_at = CASE WHEN i.health = 'draining' THEN i.health_at ELSE clock_timestamp() END,
    drain_until = least(CASE WHEN i.health = 'draining' THEN i.drain_until END,
        clock_timestamp() + %(grace)s::interval)
WHERE i.name = %(name)s AND i.epoch = %(epoch)s AND {IN_FLEET}
RETURNING {COLUMNS}
"""  # noqa: S608

_ORPHANS = f"""
SELECT j.id FROM jobs j JOIN instances i ON i.name = j.only_on
WHERE j.state = 'queued' AND j.only_on IS NOT NULL AND NOT ({IN_FLEET}) ORDER BY j.id
"""  # noqa: S608

_RUNNING = "SELECT owner, count(*) FROM jobs WHERE state = 'running' AND owner IS NOT NULL GROUP BY owner"

_LEASES = """
SELECT name, holder, epoch FROM leases WHERE holder IS NOT NULL AND expires_at > clock_timestamp() ORDER BY name
"""

_STEP_DOWN = """
UPDATE leases SET holder = NULL, expires_at = clock_timestamp(), barred = %(holder)s,
    barred_until = clock_timestamp() + %(bar)s::interval
WHERE name = %(name)s AND holder = %(holder)s AND epoch = %(epoch)s
"""


class PostgresFleetStore:
    """Instances and leases on one connection."""

    def __init__(self, connection: Connection, audit: AuditAppender) -> None:
        self._connection = connection
        self._audit = audit

    def lock(self) -> None:
        """Let one transaction at a time change who serves. One that falls silent for two seconds is ended."""
        run(self._connection, _PATIENCE, {})
        one(self._connection, _LOCK, {})

    def instances(self) -> Sequence[Instance]:
        """Return every node ever registered, by name."""
        return [instance_of(row) for row in many(self._connection, _LIST, {})]

    def change(self, move: HealthChange) -> Instance | None:
        """Carry a move out; None when the instance is no longer as the move was judged on."""
        values = {
            "name": move.name,
            "epoch": move.epoch,
            "before": move.before.value,
            "after": move.after.value,
            "why": move.why,
            "held": move.held,
            "attempts": move.attempts,
        }
        row = one(self._connection, _CHANGE, values)
        return None if row is None else instance_of(row)

    def drain(self, instance: Instance, grace: timedelta, why: str) -> Instance | None:
        """Let the instance take no more jobs and leave within `grace`; a drain under way keeps the earlier end."""
        values = {"name": instance.name, "epoch": instance.epoch, "grace": grace, "why": why}
        row = one(self._connection, _DRAIN, values)
        return None if row is None else instance_of(row)

    def hand_over(self, name: InstanceName, *, private: bool = False) -> Sequence[Job]:
        """Queue again what the instance runs, fenced. Its private jobs stay with it unless `private`."""
        return hand_over(self._connection, self._audit, name, private=private)

    def orphans(self) -> Sequence[JobId]:
        """Return the queued jobs that are bound to an instance which is gone; no other may run them."""
        return [JobId(job_id) for (job_id,) in many(self._connection, _ORPHANS, {})]

    def running(self) -> Mapping[InstanceName, int]:
        """Return how many jobs run on each instance that runs any."""
        return {InstanceName(owner): count for owner, count in many(self._connection, _RUNNING, {})}

    def leases(self) -> Sequence[Leadership]:
        """Return the leases in force, by name."""
        rows = many(self._connection, _LEASES, {})
        return [Leadership(name=name, holder=holder, epoch=epoch) for name, holder, epoch in rows]

    def confirm(self, lease: Lease) -> None:
        """Check that the lease is in force; no one else gets it before the commit. Raises FencedError."""
        confirm(self._connection, lease)

    def step_down(self, leadership: Leadership, bar: timedelta) -> bool:
        """End a lease and keep its holder from it for a while; False when another instance holds it by now."""
        values = {"name": leadership.name, "holder": leadership.holder, "epoch": leadership.epoch, "bar": bar}
        return run(self._connection, _STEP_DOWN, values) == 1


def _make(tx: PostgresTransaction) -> PostgresFleetStore:
    return PostgresFleetStore(tx.connection, tx.audit)


DEFINITION = implements(FleetStore)(_make)
