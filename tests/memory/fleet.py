"""The fleet's register in memory: the same rules as PostgreSQL's, tested by the same conformance suite."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

from grace_workers.fleet import HealthChange, Instance, InstanceHealth, Lease
from grace_workers.foundation.ids import InstanceName, JobId
from grace_workers.orchestration.job import FencedError, Job, JobState
from grace_workers.orchestration.stores.fleet import FleetStore, Leadership
from grace_workers.orchestration.stores.store import implements
from tests.memory.jobs import MemoryJobStore
from tests.memory.transaction import MemoryTransaction

HealthSince = tuple[datetime, datetime | None]


class MemoryFleetStore(FleetStore):
    """Instances and leases inside one transaction of the memory ledger, which takes turns with every other."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._instances: dict[InstanceName, Instance] = tx.table("instances")
        self._since: dict[InstanceName, HealthSince] = tx.table("health_since")
        self._leases: dict[str, tuple[Leadership, datetime]] = tx.table("leases")
        self._barred: dict[str, tuple[str, datetime]] = tx.table("barred")
        self._jobs_by_id: dict[Any, Job] = tx.table("jobs")
        self._jobs = cast("MemoryJobStore", tx.jobs)
        self._clock = tx.clock

    def register(self, name: InstanceName, *, pools: Sequence[str] = (), roles: Sequence[str] = ()) -> Instance:
        """Register a node under the next epoch of its name; what it ran before is requeued."""
        now, earlier = self._clock.now(), self._instances.get(name)
        apart = earlier is not None and earlier.quarantined_at is not None
        health = InstanceHealth.HEALTHY
        if earlier is not None and apart:
            health = InstanceHealth.RETIRED if earlier.retired_at is not None else InstanceHealth.QUARANTINED
        self._jobs.put_back(name)
        return self._put(
            Instance(
                name=name,
                epoch=1 if earlier is None else earlier.epoch + 1,
                pools=tuple(pools),
                roles=tuple(roles),
                health=health,
                score=1.0,
                registered_at=now,
                heartbeat_at=now,
                reason=earlier.reason if earlier is not None and apart else None,
                held=earlier is not None and apart and earlier.held,
                attempts=earlier.attempts if earlier is not None and apart else 0,
                quarantined_at=earlier.quarantined_at if earlier is not None and apart else None,
                retired_at=earlier.retired_at if earlier is not None and apart else None,
            ),
            since=now,
        )

    def beat(self, name: InstanceName) -> None:
        """Send a heartbeat."""
        self._instances[name] = replace(self._instances[name], heartbeat_at=self._clock.now())

    def declare_dead(self, name: InstanceName) -> Sequence[Job]:
        """Take a node out of the fleet and requeue what it ran."""
        if name in self._instances:
            self._instances[name] = replace(self._instances[name], died_at=self._clock.now())
        return self._jobs.put_back(name)

    def grant(self, lease: Lease, until: datetime) -> None:
        """Put a lease in force."""
        held = Leadership(name=lease.name, holder=lease.holder, epoch=lease.epoch, left=until - self._clock.now())
        self._leases[lease.name] = (held, until)

    def lock(self) -> None:
        """Nothing to do: transactions take turns."""

    def instances(self) -> Sequence[Instance]:
        return [self._seen(self._instances[name]) for name in sorted(self._instances)]

    def change(self, move: HealthChange) -> Instance | None:
        found = self._instances.get(move.name)
        if found is None or not found.in_fleet or (found.epoch, found.health) != (move.epoch, move.before):
            return None
        now = self._clock.now()
        quarantined_at = found.quarantined_at or now
        if move.after is InstanceHealth.QUARANTINED or move.before is InstanceHealth.RETIRED:
            quarantined_at = now
        changed = replace(
            found,
            health=move.after,
            reason=move.why,
            held=move.held,
            attempts=move.attempts,
            quarantined_at=None if move.after.consumes else quarantined_at,
            retired_at=now if move.after is InstanceHealth.RETIRED else None,
        )
        return self._put(changed, since=now)

    def drain(self, instance: Instance, grace: timedelta, why: str) -> Instance | None:
        found = self._instances.get(instance.name)
        if found is None or not found.in_fleet or found.epoch != instance.epoch:
            return None
        now = self._clock.now()
        since, until = self._since[found.name]
        already = found.health is InstanceHealth.DRAINING
        end = min(now + grace, until) if already and until is not None else now + grace
        kept = why if found.quarantined_at is None else found.reason
        drained = replace(found, health=InstanceHealth.DRAINING, reason=kept)
        return self._put(drained, since=since if already else now, until=end)

    def hand_over(self, name: InstanceName, *, private: bool = False) -> Sequence[Job]:
        running = [job for job in self._jobs_by_id.values() if job.state is JobState.RUNNING and job.owner == name]
        wanted = [job.id for job in running if private or job.only_on is None]
        return [job for job_id in wanted for job in self._jobs.put_back(name, only=job_id)]

    def orphans(self) -> Sequence[JobId]:
        gone = {one.name for one in self._instances.values() if not one.in_fleet}
        return [job.id for job in self._jobs_by_id.values() if job.state is JobState.QUEUED and job.only_on in gone]

    def running(self) -> Mapping[InstanceName, int]:
        running = [job.owner for job in self._jobs_by_id.values() if job.state is JobState.RUNNING]
        return Counter(owner for owner in running if owner is not None)

    def leases(self) -> Sequence[Leadership]:
        now = self._clock.now()
        return [replace(held, left=until - now) for _, (held, until) in sorted(self._leases.items()) if until > now]

    def confirm(self, lease: Lease) -> None:
        mine = Leadership(name=lease.name, holder=lease.holder, epoch=lease.epoch, left=timedelta(0))
        if mine not in self.leases():
            raise FencedError(f"{lease.holder} has lost the lease {lease.name!r}")

    def step_down(self, leadership: Leadership, bar: timedelta) -> bool:
        if leadership not in self.leases():
            return False
        now = self._clock.now()
        self._leases[leadership.name] = (leadership, now)
        self._barred[leadership.name] = (leadership.holder, now + bar)
        return True

    def _put(self, instance: Instance, *, since: datetime, until: datetime | None = None) -> Instance:
        self._instances[instance.name] = instance
        self._since[instance.name] = (since, until)
        return self._seen(instance)

    def _seen(self, instance: Instance) -> Instance:
        now = self._clock.now()
        since, until = self._since[instance.name]
        return replace(
            instance,
            silent_for=now - instance.heartbeat_at,
            health_for=now - since,
            drain_left=None if until is None else until - now,
        )


DEFINITION = implements(FleetStore)(MemoryFleetStore)
