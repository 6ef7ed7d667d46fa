"""The fleet's register: nodes, their heartbeats, and who is dead. All judged by the database's clock."""

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine

from grace_workers.adapters.postgres.audit import PostgresAuditAppender
from grace_workers.adapters.postgres.engine import translated
from grace_workers.adapters.postgres.jobs.rows import many, one
from grace_workers.adapters.postgres.jobs.takeover import give_back_pool, put_back
from grace_workers.audit import Entry
from grace_workers.fleet import DEAD_AFTER, Health, Instance, may_judge
from grace_workers.foundation.errors import TransientError
from grace_workers.foundation.ids import InstanceName
from grace_workers.orchestration.jobs import FencedError, Job, Pool

_COLUMNS = "name, epoch, pools, roles, health, score, registered_at, heartbeat_at, died_at, left_at"

_REGISTER = f"""
INSERT INTO instances AS i (name, epoch, pools, roles, health, score, registered_at, heartbeat_at)
VALUES (%(name)s, 1, %(pools)s::text[], %(roles)s::text[], %(health)s, 1.0, clock_timestamp(), clock_timestamp())
ON CONFLICT (name) DO UPDATE SET epoch = i.epoch + 1, pools = excluded.pools, roles = excluded.roles,
    health = excluded.health, score = 1.0, registered_at = clock_timestamp(), heartbeat_at = clock_timestamp(),
    died_at = NULL, left_at = NULL
RETURNING {_COLUMNS}
"""  # noqa: S608 - only constants are put in

_BEAT = f"""
UPDATE instances SET heartbeat_at = clock_timestamp(), health = %(health)s, score = %(score)s
WHERE name = %(name)s AND epoch = %(epoch)s AND died_at IS NULL AND left_at IS NULL
RETURNING {_COLUMNS}
"""  # noqa: S608

_LEAVE = f"""
UPDATE instances SET left_at = clock_timestamp()
WHERE name = %(name)s AND epoch = %(epoch)s AND died_at IS NULL AND left_at IS NULL
RETURNING {_COLUMNS}
"""  # noqa: S608

_LIST = f"SELECT {_COLUMNS} FROM instances ORDER BY name"  # noqa: S608

# A server that has just come up has heard nobody yet, so nobody is judged before everyone could have spoken.
_DECLARE_DEAD = f"""
UPDATE instances SET died_at = clock_timestamp()
WHERE died_at IS NULL AND left_at IS NULL AND heartbeat_at < clock_timestamp() - %(dead_after)s::interval
    AND pg_postmaster_start_time() < clock_timestamp() - %(dead_after)s::interval
RETURNING {_COLUMNS}
"""  # noqa: S608


class PostgresInstances:
    """The register of nodes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._alone = engine.execution_options(isolation_level="AUTOCOMMIT")

    def register(self, name: InstanceName, *, pools: Sequence[str], roles: Sequence[str] = ()) -> Instance:
        """Enter a node under the next epoch of its name; jobs that an earlier epoch left running go back at once."""
        values = {"name": name, "pools": list(pools), "roles": list(roles), "health": Health.HEALTHY.value}
        with translated(), self._engine.begin() as connection:
            instance = _instance(one(connection, _REGISTER, values))
            audit = PostgresAuditAppender(connection)
            audit.append(_entry(instance, "registered"))
            put_back(connection, audit)
        return instance

    def heartbeat(self, instance: Instance, *, health: Health = Health.HEALTHY, score: float = 1.0) -> Instance:
        """Give a sign of life and the present health.

        Raises:
            FencedError: the node was declared dead or replaced. Stop the pools before anything else, then register.
            TransientError: the database cannot be reached.
        """
        values = {"name": instance.name, "epoch": instance.epoch, "health": health.value, "score": score}
        with translated(), self._alone.connect() as connection:
            row = one(connection, _BEAT, values)
        if row is None:
            raise FencedError(f"instance {instance.name} (epoch {instance.epoch}) was declared dead or replaced")
        return _instance(row)

    def leave(self, instance: Instance) -> None:
        """Take the node out of the fleet; whatever it still ran goes back at once. Once is enough."""
        with translated(), self._engine.begin() as connection:
            row = one(connection, _LEAVE, {"name": instance.name, "epoch": instance.epoch})
            if row is None:
                return
            audit = PostgresAuditAppender(connection)
            audit.append(_entry(_instance(row), "left"))
            put_back(connection, audit)

    def give_back(self, name: InstanceName, pool: Pool) -> Sequence[Job]:
        """Queue again what the node ran in one pool. For its parent, when that pool's process died, before the next."""
        with translated(), self._engine.begin() as connection:
            return give_back_pool(connection, PostgresAuditAppender(connection), name, pool)

    def list_all(self) -> Sequence[Instance]:
        """Return every node ever registered, by name."""
        with translated(), self._alone.connect() as connection:
            return [_instance(row) for row in many(connection, _LIST, {})]


class Reaper:
    """Declares silent nodes dead and puts their jobs back. Any number may run, every quarter of a second or so.

    It judges only after it has itself reached the database without a break for as long as it grants the others.
    """

    def __init__(self, engine: Engine, *, dead_after: timedelta = DEAD_AFTER) -> None:
        self._engine = engine
        self._dead_after = dead_after
        self._steady_since: float | None = None
        self._seen = 0.0

    def reap(self) -> Sequence[Job]:
        """Declare who is dead, queue the jobs they ran again, and return those jobs.

        Raises:
            TransientError: the database cannot be reached; judgement rests until it has been back for a while.
        """
        try:
            with translated(), self._engine.begin() as connection:
                audit = PostgresAuditAppender(connection)
                if may_judge(self._steady_for(), dead_after=self._dead_after):
                    for row in many(connection, _DECLARE_DEAD, {"dead_after": self._dead_after}):
                        audit.append(_entry(_instance(row), "died"))
                return put_back(connection, audit)
        except TransientError:
            self._steady_since = None
            raise

    def _steady_for(self) -> timedelta:
        now = time.monotonic()
        # A judge that slept, as a frozen or newly elected one has, cannot tell whether the database was away meanwhile.
        if self._steady_since is None or now - self._seen > self._dead_after.total_seconds():
            self._steady_since = now
        self._seen = now
        return timedelta(seconds=now - self._steady_since)


def _instance(row: Any) -> Instance:
    name, epoch, pools, roles, health, score, registered_at, heartbeat_at, died_at, left_at = row
    return Instance(
        name=InstanceName(name),
        epoch=epoch,
        pools=tuple(pools),
        roles=tuple(roles),
        health=Health(health),
        score=score,
        registered_at=registered_at,
        heartbeat_at=heartbeat_at,
        died_at=died_at,
        left_at=left_at,
    )


def _entry(instance: Instance, event: str) -> Entry:
    return Entry(
        at=instance.died_at or instance.left_at or instance.registered_at,
        actor="grace",
        action=f"instance.{event}",
        subject=f"instance:{instance.name}",
        data={"epoch": instance.epoch, "pools": list(instance.pools), "roles": list(instance.roles)},
    )
