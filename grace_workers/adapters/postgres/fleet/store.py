"""The fleet's register inside a transaction, over PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from grace_workers.adapters.postgres.columns import Columns
from grace_workers.adapters.postgres.fleet.instance_rows import IN_FLEET, INSTANCE
from grace_workers.adapters.postgres.fleet.leader import confirm
from grace_workers.adapters.postgres.jobs.takeover import hand_over
from grace_workers.adapters.postgres.statement import many, one, run
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.fleet import HealthChange, Instance, Lease
from grace_workers.foundation.ids import InstanceName, JobId
from grace_workers.orchestration.job import Job
from grace_workers.orchestration.stores.fleet import FleetStore, Leadership
from grace_workers.orchestration.stores.store import implements

# An arbitrary number that no other lock of ours uses. A frozen holder is ended soon, because its successor waits.
_PATIENCE = "SET LOCAL idle_in_transaction_session_timeout = '2s'"
_LOCK = "SELECT pg_advisory_xact_lock(7310506)"

_LIST = f"SELECT {INSTANCE} FROM instances i ORDER BY i.name"  # noqa: S608 - only constants are put in

_MOVE = Columns(HealthChange)

_CHANGE = f"""
UPDATE instances i SET health = %(after)s::text, health_at = clock_timestamp(), reason = %(why)s, held = %(held)s,
    attempts = %(attempts)s, drain_until = NULL,
    quarantined_at = CASE WHEN %(after)s::text = 'quarantined' OR i.health = 'retired' THEN clock_timestamp()
        WHEN %(after)s::text IN ('healthy', 'degraded') THEN NULL
        ELSE coalesce(i.quarantined_at, clock_timestamp()) END,
    retired_at = CASE WHEN %(after)s::text = 'retired' THEN clock_timestamp() END
WHERE i.name = %(name)s AND i.epoch = %(epoch)s AND i.health = %(before)s AND {IN_FLEET}
RETURNING {INSTANCE}
"""  # noqa: S608

# A quarantined instance keeps the reason, because it is quarantined again when it comes back.
_DRAIN = f"""
UPDATE instances i SET health = 'draining', reason = CASE WHEN i.quarantined_at IS NULL THEN %(why)s ELSE i.reason END,
    health_at = CASE WHEN i.health = 'draining' THEN i.health_at ELSE clock_timestamp() END,
    drain_until = least(CASE WHEN i.health = 'draining' THEN i.drain_until END,
        clock_timestamp() + %(grace)s::interval)
WHERE i.name = %(name)s AND i.epoch = %(epoch)s AND {IN_FLEET}
RETURNING {INSTANCE}
"""  # noqa: S608

_ORPHANS = f"""
SELECT j.id FROM jobs j JOIN instances i ON i.name = j.only_on
WHERE j.state = 'queued' AND j.only_on IS NOT NULL AND NOT ({IN_FLEET}) ORDER BY j.id
"""  # noqa: S608

_RUNNING = "SELECT owner, count(*) FROM jobs WHERE state = 'running' AND owner IS NOT NULL GROUP BY owner"

_LEASE = Columns(Leadership, left="expires_at - clock_timestamp()")

_LEASES = f"""
SELECT {_LEASE} FROM leases WHERE holder IS NOT NULL AND expires_at > clock_timestamp() ORDER BY name
"""  # noqa: S608

_STEP_DOWN = """
UPDATE leases SET holder = NULL, expires_at = clock_timestamp(), barred = %(holder)s,
    barred_until = clock_timestamp() + %(bar)s::interval
WHERE name = %(name)s AND holder = %(holder)s AND epoch = %(epoch)s
"""


class PostgresFleetStore(PostgresStore, FleetStore):
    """Instances and leases on one connection."""

    def lock(self) -> None:
        run(self._connection, _PATIENCE, {})
        one(self._connection, _LOCK, {})

    def instances(self) -> Sequence[Instance]:
        return [INSTANCE.read(row) for row in many(self._connection, _LIST, {})]

    def change(self, move: HealthChange) -> Instance | None:
        row = one(self._connection, _CHANGE, _MOVE.values(move))
        return None if row is None else INSTANCE.read(row)

    def drain(self, instance: Instance, grace: timedelta, why: str) -> Instance | None:
        values = {"name": instance.name, "epoch": instance.epoch, "grace": grace, "why": why}
        row = one(self._connection, _DRAIN, values)
        return None if row is None else INSTANCE.read(row)

    def hand_over(self, name: InstanceName, *, private: bool = False) -> Sequence[Job]:
        return hand_over(self._tx, name, private=private)

    def orphans(self) -> Sequence[JobId]:
        return [JobId(job_id) for (job_id,) in many(self._connection, _ORPHANS, {})]

    def running(self) -> Mapping[InstanceName, int]:
        return {InstanceName(owner): count for owner, count in many(self._connection, _RUNNING, {})}

    def leases(self) -> Sequence[Leadership]:
        return [_LEASE.read(row) for row in many(self._connection, _LEASES, {})]

    def confirm(self, lease: Lease) -> None:
        confirm(self._connection, lease)

    def step_down(self, leadership: Leadership, bar: timedelta) -> bool:
        return run(self._connection, _STEP_DOWN, {**_LEASE.values(leadership), "bar": bar}) == 1


DEFINITION = implements(FleetStore)(PostgresFleetStore)
