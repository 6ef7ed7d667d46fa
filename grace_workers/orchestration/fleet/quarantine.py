"""The leader's care for the fleet: it judges scores, quarantines nodes, sends canaries, readmits or retires nodes."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, timedelta
from uuid import NAMESPACE_URL, uuid5

from grace_workers.fleet import (
    CanaryCount,
    Chart,
    HealthChange,
    Instance,
    InstanceHealth,
    Lease,
    QuarantineRules,
    next_moves,
    score_of,
    sick_since,
)
from grace_workers.foundation.errors import ConflictError, NotFoundError
from grace_workers.foundation.ids import InstanceName, JobId
from grace_workers.orchestration.fleet.operations import FleetLedger, record
from grace_workers.orchestration.job import Job, JobRequest, JobState, Pool
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.orchestration.work.canary import canary_request


class QuarantineController:
    """Looks at the fleet once a second, on the leader. It remembers only since when a score has been low.

    Every look is one transaction that first confirms the lease, so a leader that was suspended writes nothing.
    """

    def __init__(
        self,
        home: FleetLedger,
        lease: Callable[[], Lease],
        *,
        rules: QuarantineRules | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._home = home
        self._lease = lease
        self._rules = rules or QuarantineRules()
        self._monotonic = monotonic
        self._sick: dict[InstanceName, float] = {}
        self._looked: float | None = None

    def look_once(self) -> Sequence[HealthChange]:
        """Judge, act, and return the changes.

        Raises:
            FencedError: this process does not lead; nothing was changed.
            TransientError: the database is unreachable.
        """
        with self._home.ledger.transaction() as tx:
            tx.fleet.lock()
            tx.fleet.confirm(self._lease())
            instances = tx.fleet.instances()
            charts = self._charts(tx, instances)
            done = [move for move in next_moves(charts, self._rules) if self._carried_out(tx, move)]
            moved = {move.name for move in done}
            for chart in charts:
                self._treat(tx, chart, moved=chart.instance.name in moved)
            for orphan in tx.fleet.orphans():
                tx.jobs.cancel(orphan)
        return done

    def _carried_out(self, tx: LineTransaction, move: HealthChange) -> bool:
        try:
            record(tx, self._home.clock, move, by="grace")
        except ConflictError:
            # Its node has beaten, left or ended its repair since it was judged; the next look judges again.
            return False
        return True

    def _charts(self, tx: LineTransaction, instances: Sequence[Instance]) -> Sequence[Chart]:
        now = self._monotonic()
        if self._looked is not None and now - self._looked > self._rules.sick_for.total_seconds():
            # After a pause of the leader, the time between two looks is unknown.
            self._sick.clear()
        self._looked = now
        if not any(one.health.consumes and score_of(one) >= self._rules.below for one in instances if one.in_fleet):
            # A shared dependency fails. A node that recovers from it later than another did not fail by itself
            # meanwhile.
            self._sick.clear()
        return [self._chart(tx, one, now) for one in instances if one.in_fleet]

    def _chart(self, tx: LineTransaction, instance: Instance, now: float) -> Chart:
        since = sick_since(self._sick.get(instance.name), score_of(instance), now, self._rules)
        if since is None or not instance.health.consumes:
            self._sick.pop(instance.name, None)
            since = None
        else:
            self._sick[instance.name] = since
        canaries = CanaryCount()
        if instance.health is InstanceHealth.VALIDATING:
            canaries = _counted(_standing(tx, self._canaries(instance)))
        sick_for = None if since is None else timedelta(seconds=now - since)
        return Chart(instance=instance, sick_for=sick_for, canaries=canaries)

    def _treat(self, tx: LineTransaction, chart: Chart, *, moved: bool) -> None:
        instance = chart.instance
        if instance.health.apart:
            # A claim that was in progress at the time of the quarantine has landed by now.
            tx.fleet.hand_over(instance.name)
        if instance.health is InstanceHealth.VALIDATING and moved:
            _cancel(tx, _standing(tx, self._canaries(instance)))
        elif instance.health is InstanceHealth.VALIDATING and not chart.canaries.asked:
            tx.jobs.submit(self._canaries(instance))
        elif instance.drain_left is not None and instance.drain_left <= -self._rules.end_within:
            # A repairing node hands over by itself, once its processes have ended; this one does not.
            tx.fleet.hand_over(instance.name, private=True)

    def _canaries(self, instance: Instance) -> Sequence[JobRequest]:
        """Return the canaries of the current validation; every look finds the same ones, whichever node leads."""
        began = (instance.quarantined_at or instance.registered_at).astimezone(UTC)
        key = f"grace-validation:{instance.name}:{instance.epoch}:{began.isoformat()}:{instance.attempts}"
        requests = []
        for pool in sorted(instance.pools):
            for number in range(self._rules.canaries):
                nonce = f"{instance.attempts}.{number}"
                request = canary_request(Pool(pool), instance.name, nonce)
                requests.append(replace(request, id=JobId(uuid5(NAMESPACE_URL, f"{key}:{pool}:{number}"))))
        return requests


def _standing(tx: LineTransaction, requests: Sequence[JobRequest]) -> Mapping[JobId, Job | None]:
    found: dict[JobId, Job | None] = {}
    for request in requests:
        try:
            found[request.id] = tx.jobs.get(request.id)
        except NotFoundError:
            found[request.id] = None
    return found


def _counted(canaries: Mapping[JobId, Job | None]) -> CanaryCount:
    jobs = [job for job in canaries.values() if job is not None]
    return CanaryCount(
        asked=len(jobs),
        succeeded=sum(job.state is JobState.SUCCEEDED for job in jobs),
        failed=sum(job.state.ended and job.state is not JobState.SUCCEEDED for job in jobs),
    )


def _cancel(tx: LineTransaction, canaries: Mapping[JobId, Job | None]) -> None:
    for job in canaries.values():
        if job is None or job.state.ended:
            continue
        try:
            tx.jobs.cancel(job.id)
        except ConflictError:
            # It came back at the last moment.
            continue
