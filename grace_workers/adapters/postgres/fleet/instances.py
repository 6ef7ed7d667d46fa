"""The fleet's register: nodes, their heartbeats, and which are dead. All judged by the database's clock."""

import time
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Engine

from grace_workers.adapters.postgres.engine import translated
from grace_workers.adapters.postgres.fleet.instance_rows import IN_FLEET, INSTANCE, entry_of, parts_text
from grace_workers.adapters.postgres.jobs.rows import OWNER_LIVES
from grace_workers.adapters.postgres.jobs.takeover import give_back_pool, put_back
from grace_workers.adapters.postgres.statement import many, one
from grace_workers.adapters.postgres.transaction import PostgresTransaction
from grace_workers.fleet import DEAD_AFTER, Instance, InstanceHealth, ScorePart, is_overdue, may_judge, worst_of
from grace_workers.foundation.errors import ConflictError, TransientError
from grace_workers.foundation.ids import InstanceName
from grace_workers.orchestration.events.topics.instance_changed import DEFINITION as INSTANCE_CHANGED
from grace_workers.orchestration.events.topics.instance_changed import InstanceChange, instance_changed
from grace_workers.orchestration.job import FencedError, Job, Pool

# A quarantined node stays quarantined under its next epoch, even if it drained in between: only a validation readmits
# it. A living node with another home keeps the name.
_REGISTER = f"""
INSERT INTO instances AS i (name, epoch, pools, roles, health, score, registered_at, heartbeat_at, home, health_at)
VALUES (%(name)s, 1, %(pools)s::text[], %(roles)s::text[], 'healthy', 1.0, clock_timestamp(), clock_timestamp(),
    %(home)s, clock_timestamp())
ON CONFLICT (name) DO UPDATE SET epoch = i.epoch + 1, pools = excluded.pools, roles = excluded.roles,
    health = CASE WHEN i.retired_at IS NOT NULL THEN 'retired' WHEN i.quarantined_at IS NOT NULL THEN 'quarantined'
        ELSE 'healthy' END,
    score = 1.0, registered_at = clock_timestamp(), heartbeat_at = clock_timestamp(),
    died_at = NULL, left_at = NULL, home = excluded.home, parts = NULL, health_at = clock_timestamp(),
    drain_until = NULL
WHERE i.home IS NULL OR excluded.home IS NULL OR i.home = excluded.home OR NOT ({IN_FLEET})
    OR i.heartbeat_at < clock_timestamp() - %(dead_after)s::interval
RETURNING {INSTANCE}
"""  # noqa: S608 - only constants are put in

_BEAT = f"""
UPDATE instances i SET heartbeat_at = clock_timestamp(), score = %(score)s, parts = %(parts)s::json,
    health = CASE WHEN i.health IN ('healthy', 'degraded') THEN %(health)s ELSE i.health END,
    health_at = CASE WHEN i.health IN ('healthy', 'degraded') AND i.health <> %(health)s
        THEN clock_timestamp() ELSE i.health_at END
WHERE i.name = %(name)s AND i.epoch = %(epoch)s AND {IN_FLEET}
RETURNING {INSTANCE}
"""  # noqa: S608

_LEAVE = f"""
UPDATE instances i SET left_at = clock_timestamp()
WHERE i.name = %(name)s AND i.epoch = %(epoch)s AND {IN_FLEET}
RETURNING {INSTANCE}
"""  # noqa: S608

_LIST = f"SELECT {INSTANCE} FROM instances i ORDER BY name"  # noqa: S608

_FIND = f"SELECT {INSTANCE} FROM instances i WHERE name = %(name)s"  # noqa: S608

# A server that has just started has received no heartbeat yet, so no instance is judged before all could have sent one.
_DECLARE_DEAD = f"""
UPDATE instances i SET died_at = clock_timestamp()
WHERE {IN_FLEET} AND i.heartbeat_at < clock_timestamp() - %(dead_after)s::interval
    AND clock_timestamp() < %(asked)s::timestamptz + %(dead_after)s::interval / 2
    AND pg_postmaster_start_time() < clock_timestamp() - %(dead_after)s::interval
RETURNING {INSTANCE}
"""  # noqa: S608

_DUE = f"""
SELECT EXISTS (
        SELECT FROM instances i WHERE {IN_FLEET} AND i.heartbeat_at < clock_timestamp() - %(dead_after)s::interval
    ) OR EXISTS (SELECT FROM jobs j WHERE j.state = 'running' AND NOT {OWNER_LIVES})
"""  # noqa: S608

_TURNS = {InstanceHealth.DEGRADED: InstanceChange.DEGRADED, InstanceHealth.HEALTHY: InstanceChange.RECOVERED}


class PostgresInstances:
    """The register of nodes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._alone = engine.execution_options(isolation_level="AUTOCOMMIT")

    def register(
        self, name: InstanceName, *, pools: Sequence[str], roles: Sequence[str] = (), home: str | None = None
    ) -> Instance:
        """Register a node under the next epoch of its name; jobs left running by an earlier epoch are requeued at once.

        Raises:
            ConflictError: a node of that name and another `home` is alive.
        """
        values = {"name": name, "pools": list(pools), "roles": list(roles), "home": home, "dead_after": DEAD_AFTER}
        with translated(), self._engine.begin() as connection:
            row = one(connection, _REGISTER, values)
            if row is None:
                raise name_taken(name)
            instance = INSTANCE.read(row)
            tx = PostgresTransaction(connection)
            _tell(tx, instance, InstanceChange.REGISTERED)
            put_back(tx)
        return instance

    def require_name_free(self, name: InstanceName, home: str) -> None:
        """Raise ConflictError when a node of that name and another home is alive."""
        found = self.find(name)
        if found is None or found.home in {None, home}:
            return
        if found.in_fleet and not is_overdue(found):
            raise name_taken(name)

    def heartbeat(
        self,
        instance: Instance,
        *,
        health: InstanceHealth = InstanceHealth.HEALTHY,
        score: float = 1.0,
        parts: Sequence[ScorePart] = (),
    ) -> Instance:
        """Send a heartbeat and the current score; return the row, whose health others may have changed.

        `health` is healthy or degraded, and is ignored while the node is quarantined or draining. A change from
        `instance` is published.

        Raises:
            FencedError: the node was declared dead or replaced. Stop the pools before anything else, then register.
            TransientError: the database is unreachable.
        """
        values = {"name": instance.name, "epoch": instance.epoch, "health": health.value, "score": score}
        turns = instance.health.consumes and health is not instance.health
        with translated(), self._engine.begin() if turns else self._alone.connect() as connection:
            row = one(connection, _BEAT, {**values, "parts": parts_text(parts)})
            if row is None:
                raise FencedError(f"instance {instance.name} (epoch {instance.epoch}) was declared dead or replaced")
            found = INSTANCE.read(row)
            if turns and found.health is health:
                body = instance_changed(found, _TURNS[health], worst_of(found))
                PostgresTransaction(connection).events.publish(INSTANCE_CHANGED, body)
        return found

    def leave(self, instance: Instance) -> None:
        """Take the node out of the fleet; requeue what it still ran at once. Calling it again does nothing."""
        with translated(), self._engine.begin() as connection:
            row = one(connection, _LEAVE, {"name": instance.name, "epoch": instance.epoch})
            if row is None:
                return
            tx = PostgresTransaction(connection)
            _tell(tx, INSTANCE.read(row), InstanceChange.LEFT)
            put_back(tx)

    def give_back(self, name: InstanceName, pool: Pool) -> Sequence[Job]:
        """Requeue what the node ran in one pool. Its parent calls this after the pool's process died."""
        with translated(), self._engine.begin() as connection:
            return give_back_pool(PostgresTransaction(connection), name, pool)

    def list_all(self) -> Sequence[Instance]:
        """Return every node ever registered, by name."""
        with translated(), self._alone.connect() as connection:
            return [INSTANCE.read(row) for row in many(connection, _LIST, {})]

    def find(self, name: InstanceName) -> Instance | None:
        """Return one node, or None."""
        with translated(), self._alone.connect() as connection:
            row = one(connection, _FIND, {"name": name})
        return None if row is None else INSTANCE.read(row)


class Reaper:
    """Declares silent nodes dead and requeues their jobs. Any number may run, every quarter of a second or so.

    It judges only after it has itself reached the database without a break for as long as it grants the others.
    """

    def __init__(self, engine: Engine, *, dead_after: timedelta = DEAD_AFTER) -> None:
        self._engine = engine
        self._alone = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._dead_after = dead_after
        self._steady_since: float | None = None
        self._seen = 0.0

    def reap(self) -> Sequence[Job]:
        """Declare nodes dead, requeue the jobs they ran, and return those jobs.

        Raises:
            TransientError: the database is unreachable; judging pauses until it has been back for a while.
        """
        try:
            with translated(), self._alone.connect() as connection:
                [due] = one(connection, _DUE, {"dead_after": self._dead_after})
            if not due:
                self._steady_for()
                return []
            with translated(), self._engine.begin() as connection:
                tx = PostgresTransaction(connection)
                # If a judgement is delayed, by a frozen server or a locked table, it finds everyone silent. Only the
                # server's own clock knows whether it was requested in time.
                asked = one(connection, "SELECT clock_timestamp()", {})[0]
                if may_judge(self._steady_for(), dead_after=self._dead_after):
                    for row in many(connection, _DECLARE_DEAD, {"dead_after": self._dead_after, "asked": asked}):
                        _tell(tx, INSTANCE.read(row), InstanceChange.DIED)
                return put_back(tx)
        except TransientError:
            self._steady_since = None
            raise

    def _steady_for(self) -> timedelta:
        now = time.monotonic()
        # A judge that was suspended, frozen or newly elected cannot tell whether the database was unreachable
        # meanwhile.
        if self._steady_since is None or now - self._seen > self._dead_after.total_seconds():
            self._steady_since = now
        self._seen = now
        return timedelta(seconds=now - self._steady_since)


def _tell(tx: PostgresTransaction, instance: Instance, change: InstanceChange) -> None:
    tx.audit.append(entry_of(instance, change.value))
    tx.events.publish(INSTANCE_CHANGED, instance_changed(instance, change))


def name_taken(name: InstanceName) -> ConflictError:
    """Return the error for a second node of one name."""
    return ConflictError(
        f"another node named {name!r} is alive in this fleet; give this one another name with GRACE_INSTANCE, "
        f"or stop the other"
    )
