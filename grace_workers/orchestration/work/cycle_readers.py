"""What cycles read of the line, its targets and its stores."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from grace_workers.actions import ServiceLimits
from grace_workers.audit import CannotTell
from grace_workers.audit import Finding as AuditFinding
from grace_workers.cycles import (
    FLEET,
    GOAL,
    BlockFigures,
    ChangedCases,
    CycleRun,
    FleetChange,
    FleetRecord,
    Goal,
    InForce,
    LeverSetting,
    PastMonth,
    PoolScale,
    SnapshotContent,
    SnapshotPart,
    declared_cycles,
    declared_levers,
    goals_in_force,
)
from grace_workers.diagnosis import Subject
from grace_workers.foundation.catalog import Catalog
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import GraceError, InputError, TransientError
from grace_workers.foundation.ids import TargetName
from grace_workers.orchestration.audit_archive import AuditArchive
from grace_workers.orchestration.job import Job, JobState
from grace_workers.orchestration.learned_causes import ReadCause
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.queries import figures
from grace_workers.orchestration.stores.adjustments import AdjustmentStore
from grace_workers.orchestration.stores.cycles import CycleStore
from grace_workers.orchestration.stores.goals import GoalStore
from grace_workers.orchestration.stores.groups import GroupStore, OpenedIncident
from grace_workers.orchestration.stores.heartbeats import HeartbeatStore
from grace_workers.orchestration.stores.levers import LeverStore
from grace_workers.orchestration.stores.outcome_counts import OutcomeStore
from grace_workers.orchestration.work.cycle_readings import pool_scales, reading, serving, worst
from grace_workers.orchestration.work.fleet_changes import changes_in_force
from grace_workers.orchestration.work.improvements import replayed_with, standing
from grace_workers.orchestration.work.levers import troubles
from grace_workers.orchestration.work.past_month import past_month
from grace_workers.orchestration.work.snapshot_parts import snapshot_parts
from grace_workers.orchestration.work.snapshots import lost_parts
from grace_workers.playbooks import Adjustment, Library
from grace_workers.signals import (
    Alarm,
    Factor,
    HeardBeat,
    Heartbeat,
    IncidentState,
    Reading,
    SeriesReading,
    Severity,
    Topology,
    Trigger,
    Vitals,
    budget_of,
)

WATCH, UNWATCHED = "watch", "off"
_RECENT, _MOST_RECENT = timedelta(days=1), 1_000
_FAILURES = frozenset({Severity.ERROR, Severity.CRITICAL})
_SIDE_BY_SIDE = 8
_DAY = timedelta(days=1)


def _no_archive() -> AuditArchive:
    raise InputError("this process reads no audit log")


@dataclass(frozen=True, slots=True, kw_only=True)
class LineReaders:
    """What cycles read, taken from the line's targets and stores. Implements `cycles.Readers`."""

    line: Line
    triggers: Catalog[Trigger]
    declared: Sequence[Heartbeat] = ()
    archive: Callable[[], AuditArchive] = _no_archive
    cadences: Mapping[str, timedelta] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)
    depends: Topology = field(default_factory=lambda: Topology({}))
    read_cause: ReadCause | None = None

    def readings(self, checks: Collection[str], targets: Collection[TargetName] | None = None) -> Sequence[Reading]:
        """Return the current readings of every target that has a role for the checks and no label `watch: off`.

        With `targets`, only of those. A check that this release does not have is left out.
        """
        subjects = [one for one in self._subjects() if targets is None or one.name in targets]
        watched = [(check, subject) for check in checks if check in self.line.checks for subject in subjects]
        with ThreadPoolExecutor(max_workers=_SIDE_BY_SIDE, thread_name_prefix="look") as pool:
            found = list(pool.map(lambda one: reading(self.line, *one), watched))
        return [one for one in found if one is not None]

    def series(self) -> Sequence[SeriesReading]:
        """Return the newest readings of resources that can be used up, and of series with a budget of false alarms."""
        wanted = [
            (check, subject)
            for subject in self._subjects()
            for check in self.line.checks
            if check.unit is not None and (check.exhausted_at is not None or budget_of(subject.labels, check.name) > 0)
        ]
        with ThreadPoolExecutor(max_workers=_SIDE_BY_SIDE, thread_name_prefix="look") as pool:
            found = list(pool.map(lambda one: reading(self.line, one[0].name, one[1]), wanted))
        return [
            SeriesReading(reading=read, labels=subject.labels, full=check.exhausted_at)
            for (check, subject), read in zip(wanted, found, strict=True)
            if read is not None
        ]

    def vitals(self) -> Sequence[Vitals]:
        """Return what tells of every target without the label `watch: off` that it will fail soon."""
        telling = [check.name for check in self.line.checks if check.factor is not None]
        read = {(one.check, one.target): one.value for one in self.readings(telling) if one.value is not None}
        late, failures = self._late(), self._failures()
        return [
            Vitals(
                target=subject.name,
                labels=subject.labels,
                readings={**worst(self.line, subject, read), **late.get(subject.name, {})},
                serving=serving(self.line, subject, read),
                failed_at=max((one.opened_at for one in failures.get(subject.name, ())), default=None),
                failing=any(one.state is not IncidentState.CLOSED for one in failures.get(subject.name, ())),
            )
            for subject in self._subjects()
        ]

    def _late(self) -> Mapping[TargetName, Mapping[Factor, float]]:
        """Return how old the heartbeats of targets are, in times of the interval in which they are due."""
        now = self.line.clock.now()
        ages: dict[TargetName, float] = {}
        for one in self.heartbeats():
            if one.at is not None:
                age = (now - one.at) / one.heartbeat.every
                ages[one.heartbeat.target] = max(age, ages.get(one.heartbeat.target, 0.0))
        return {target: {Factor.HEARTBEAT: age} for target, age in ages.items()}

    def _failures(self) -> Mapping[TargetName, Sequence[OpenedIncident]]:
        """Return the incidents of the last day that are errors or worse, by target."""
        since = self.line.clock.now() - _RECENT
        with self.line.ledger.reading() as tx:
            recent = tx[GroupStore].opened_since(since, limit=_MOST_RECENT)
        found: dict[TargetName, list[OpenedIncident]] = defaultdict(list)
        for one in recent:
            if one.severity in _FAILURES:
                found[one.target].append(one)
        return found

    def failures(self, past: timedelta, *, most: int) -> Sequence[Alarm]:
        """Return the newest incidents of declared targets in that time, oldest first."""
        with self.line.ledger.reading() as tx:
            found = tx[GroupStore].opened_since(self.line.clock.now() - past, limit=most)
        ranks = {one: rank for rank, one in enumerate(Severity)}
        return [
            Alarm(id=one.id, target=one.target, at=one.opened_at, rank=ranks[one.severity], kind=one.signature)
            for one in found
        ]

    def topology(self) -> Topology:
        """Return which target depends on which."""
        return self.depends

    def _subjects(self) -> Sequence[Subject]:
        return [one for one in self.line.subjects.values() if one.labels.get(WATCH) != UNWATCHED]

    def heartbeats(self) -> Sequence[HeardBeat]:
        """Return every declared heartbeat, and when it was last heard."""
        if not self.declared:
            return ()
        with self.line.ledger.reading() as tx:
            heard = tx[HeartbeatStore].heard()
        return [HeardBeat(heartbeat=one, at=heard.get(one.name)) for one in self.declared]

    def figures(self) -> Mapping[str, JsonValue]:
        """Return the state of the fleet: incidents, pools and playbooks."""
        seen, library = figures(self.line.ledger), self.line.library()
        incidents: dict[str, JsonValue] = dict(seen.incidents)
        return {
            "incidents": incidents,
            "pools": {
                pool.value: {"processed": one.processed, "failed": one.failed, "wait_p95": one.wait_p95.total_seconds()}
                for pool, one in seen.pools.items()
            },
            "playbooks": {"known": len(library), "enabled": sum(one.enabled for one in library)},
            "library_digest": library.digest,
        }

    def runs(self) -> Sequence[CycleRun]:
        """Return the newest run of each cycle that ended."""
        names = {f"cycle.{one.name}": one.name for one in declared_cycles()}
        with self.line.ledger.reading() as tx:
            found = tx[CycleStore].runs(names, ended=True)
        return [
            CycleRun(cycle=names[one.name], ended_at=one.ended_at, error=_error(one))
            for one in found
            if one.ended_at is not None and one.state is not JobState.CANCELLED
        ]

    def goals(self) -> Sequence[Goal]:
        """Return the goals in force."""
        with self.line.ledger.reading() as tx:
            return goals_in_force(tx[GoalStore].stored(), changes_in_force(tx, GOAL))

    def record(self, span: timedelta, every: timedelta) -> FleetRecord:
        """Return how incidents and runs of the last `span` ended, in slices of `every`."""
        since = self.line.clock.now() - span
        with self.line.ledger.reading() as tx:
            store = tx[OutcomeStore]
            return FleetRecord(
                outcomes=store.counted(since=since, every=every),
                first_healed=store.first_healed() if every >= _DAY else (),
            )

    def past_month(self) -> PastMonth:
        """Return what happened in the last 30 days."""
        return past_month(self.line, self.read_cause)

    def now(self) -> datetime:
        """Return the time."""
        return self.line.clock.now()

    def cadence(self, cycle: str) -> timedelta:
        """Return the time between two slots of a cycle."""
        return self.cadences.get(cycle, declared_cycles()[cycle].cadence)

    def lever_settings(self) -> Mapping[str, LeverSetting]:
        """Return what was set of the fleet's levers."""
        with self.line.ledger.reading() as tx:
            return tx[LeverStore].settings()

    def levers(self) -> Mapping[str, int]:
        """Return the present value of each lever; one on trial has its own."""
        known = declared_levers().names
        limits = self.line.world.role(FLEET, ServiceLimits).limits()
        return {one.name: one.value for one in limits if one.name in known and one.value is not None}

    def blocks(
        self, windows: Sequence[tuple[datetime, datetime]], *, pool: str | None = None
    ) -> Sequence[BlockFigures]:
        """Return what the fleet, or one pool of it, did in each of these spans of time, without periodic looks."""
        with self.line.ledger.reading() as tx:
            return tx[LeverStore].blocks(windows, pool=pool)

    def pool_scales(self) -> Mapping[str, PoolScale]:
        """Return the targets that the nodes of pools are, by pool; one that does not answer is left out."""
        return pool_scales(self.line)

    def fleet_troubles(self) -> Sequence[str]:
        """Return why the fleet may not be experimented with: its switches, and open incidents of its own parts."""
        with self.line.ledger.reading() as tx:
            return troubles(tx)

    def library(self) -> Library:
        """Return the playbooks in force."""
        return self.line.library()

    def adjustments(self) -> Sequence[Adjustment]:
        """Return the adjustments of playbooks, in force or not."""
        with self.line.ledger.reading() as tx:
            return tx[AdjustmentStore].all()

    def replayed(self, adjustment: Adjustment) -> ChangedCases:
        """Return which incidents of the last 30 days would have gone another way with it."""
        return replayed_with(self.line, adjustment)

    def standing(self) -> Mapping[str, InForce]:
        """Return what is in force of the subjects of proposals, by kind and subject."""
        return standing(self.line)

    def changes(self, kind: str) -> Sequence[FleetChange]:
        """Return the changes of a kind that are in force."""
        with self.line.ledger.reading() as tx:
            return changes_in_force(tx, kind)

    def snapshot_parts(self) -> Sequence[SnapshotContent]:
        """Return what a snapshot of the fleet holds."""
        return snapshot_parts(self.line, self.files, self.cadences)

    def lost_parts(self) -> Sequence[SnapshotPart]:
        """Return the parts of snapshots whose contents are damaged, and that no model in use has either."""
        with self.line.ledger.reading() as tx:
            return lost_parts(tx)

    def audit(self) -> AuditFinding:
        """Verify the whole audit log; where that is impossible, say why."""
        try:
            return self.archive().verify()
        except TransientError:
            raise
        except GraceError as error:
            return CannotTell(str(error))

    def kernel(self, name: str) -> TargetName:
        """Return the name that a kernel of this node has as a target."""
        return TargetName(f"grace.{self.line.instance}.{name}")


def _error(job: Job) -> str | None:
    return None if job.state is JobState.SUCCEEDED else job.error or job.state.value
