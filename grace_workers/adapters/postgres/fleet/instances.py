"""The fleet's register: nodes, their heartbeats, and who is dead. All judged by the database's clock."""

import time
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Engine

from grace_workers.adapters.postgres.engine import translated
from grace_workers.adapters.postgres.fleet.instance_rows import IN_FLEET, INSTANCE, entry_of, parts_text
from grace_workers.adapters.postgres.jobs.takeover import give_back_pool, put_back
from grace_workers.adapters.postgres.statement import many, one
from grace_workers.adapters.postgres.transaction import PostgresTransaction
from grace_workers.fleet import DEAD_AFTER, Instance, InstanceHealth, ScorePart, is_overdue, may_judge, worst_of
from grace_workers.foundation.errors import ConflictError, TransientError
from grace_workers.foundation.ids import InstanceName
from grace_workers.orchestration.events.topics.instance_changed import DEFINITION as INSTANCE_CHANGED
from grace_workers.orchestration.events.topics.instance_changed import InstanceChange, instance_changed
from grace_workers.orchestration.job import FencedError, Job, Pool

# Whoever was set apart stays so under its next epoch, though it drained in between: only a validation lets it back. A
# living node of another home keeps its name.
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

_TURNS = {InstanceHealth.DEGRADED: InstanceChange.DEGRADED, InstanceHealth.HEALTHY: InstanceChange.RECOVERED}


class PostgresInstances:
    """The register of nodes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._alone = engine.execution_options(isolation_level="AUTOCOMMIT")

    def register(
        self, name: InstanceName, *, pools: Sequence[str], roles: Sequence[str] = (), home: str | None = None
    ) -> Instance:
        """Enter a node under the next epoch of its name; jobs that an earlier epoch left running go back at once.

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
        """Give a sign of life and the present score; returns the row, whose health others may have changed.

        `health` is healthy or degraded, and heeded only while the node is neither apart nor draining. A change from
        `instance` is published.

        Raises:
            FencedError: the node was declared dead or replaced. Stop the pools before anything else, then register.
            TransientError: the database cannot be reached.
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
        """Take the node out of the fleet; whatever it still ran goes back at once. Once is enough."""
        with translated(), self._engine.begin() as connection:
            row = one(connection, _LEAVE, {"name": instance.name, "epoch": instance.epoch})
            if row is None:
                return
            tx = PostgresTransaction(connection)
            _tell(tx, INSTANCE.read(row), InstanceChange.LEFT)
            put_back(tx)

    def give_back(self, name: InstanceName, pool: Pool) -> Sequence[Job]:
        """Queue again what the node ran in one pool. For its parent, when that pool's process died, before the next."""
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
                tx = PostgresTransaction(connection)
                # A judgement that is carried out late, by a server that was frozen or a table that was locked, finds
                # everybody silent. That it was asked for in time is known only by the server's own clock.
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
        # A judge that slept, as a frozen or newly elected one has, cannot tell whether the database was away meanwhile.
        if self._steady_since is None or now - self._seen > self._dead_after.total_seconds():
            self._steady_since = now
        self._seen = now
        return timedelta(seconds=now - self._steady_since)


def _tell(tx: PostgresTransaction, instance: Instance, change: InstanceChange) -> None:
    tx.audit.append(entry_of(instance, change.value))
    tx.events.publish(INSTANCE_CHANGED, instance_changed(instance, change))


def name_taken(name: InstanceName) -> ConflictError:
    """Return the error of a second node of one name."""
    return ConflictError(
        f"another node named {name!r} is alive in this fleet; give this one another name with GRACE_INSTANCE, "
        f"or stop the other"
    )
