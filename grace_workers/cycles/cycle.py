"""`Cycle`: a periodic look. It reads through `Readers`, judges purely, and returns signals; it never acts."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from grace_workers.audit import Finding as AuditFinding
from grace_workers.cycles.finding import Finding
from grace_workers.cycles.goals import Goal
from grace_workers.cycles.improvements.fleet_change import FleetChange
from grace_workers.cycles.improvements.improvement import ChangedCases, Improvement
from grace_workers.cycles.improvements.offers import CodingOrder
from grace_workers.cycles.improvements.standing import InForce
from grace_workers.cycles.lever import LeverSetting, LeverStep
from grace_workers.cycles.outcome_count import FleetRecord
from grace_workers.cycles.snapshot import SnapshotContent, SnapshotPart
from grace_workers.cycles.tuning.block import BlockFigures
from grace_workers.cycles.tuning.look import PoolScale
from grace_workers.cycles.weak_spot import PastMonth
from grace_workers.cycles.withdrawn import Withdrawn
from grace_workers.foundation.catalog import Catalog
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.ids import TargetName
from grace_workers.playbooks import Adjustment, Library, ReadyPlan
from grace_workers.signals import Alarm, HeardBeat, Reading, SeriesReading, Signal, Topology, Trigger, Vitals

R = TypeVar("R")


class Missed(StrEnum):
    """What happens to slots that passed while no node led."""

    SKIP = "skip"
    LAST = "last"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleRun:
    """The newest run of a cycle that ended, and the error it ended with; None if it succeeded."""

    cycle: str
    ended_at: datetime
    error: str | None


class Readers(Protocol):
    """What a cycle may read. Nothing here changes anything."""

    @property
    def triggers(self) -> Catalog[Trigger]:
        """The triggers."""

    def readings(self, checks: Collection[str], targets: Collection[TargetName] | None = None) -> Sequence[Reading]:
        """Return the current readings of every target that has a role for the checks and no label `watch: off`.

        With `targets`, only of those.
        """
        ...

    def series(self) -> Sequence[SeriesReading]:
        """Return the newest readings of what is watched for long: resources that can be used up, labelled series."""
        ...

    def vitals(self) -> Sequence[Vitals]:
        """Return what tells of every target without the label `watch: off` that it will fail soon."""
        ...

    def heartbeats(self) -> Sequence[HeardBeat]:
        """Return every declared heartbeat, and when it was last heard."""
        ...

    def failures(self, past: timedelta, *, most: int) -> Sequence[Alarm]:
        """Return the newest incidents of declared targets in that time, oldest first."""
        ...

    def topology(self) -> Topology:
        """Return which target depends on which."""

    def figures(self) -> Mapping[str, JsonValue]:
        """Return the state of the fleet: incidents, pools and playbooks."""

    def runs(self) -> Sequence[CycleRun]:
        """Return the newest run of each cycle that ended."""
        ...

    def goals(self) -> Sequence[Goal]:
        """Return the goals in force."""
        ...

    def record(self, span: timedelta, every: timedelta) -> FleetRecord:
        """Return how incidents and runs of the last `span` ended, in slices of `every`."""
        ...

    def past_month(self) -> PastMonth:
        """Return what happened in the last 30 days."""
        ...

    def now(self) -> datetime:
        """Return the time."""
        ...

    def cadence(self, cycle: str) -> timedelta:
        """Return the time between two slots of a cycle."""
        ...

    def lever_settings(self) -> Mapping[str, LeverSetting]:
        """Return what was set of the fleet's levers."""
        ...

    def levers(self) -> Mapping[str, int]:
        """Return the present value of each lever; one on trial has its own."""
        ...

    def blocks(
        self, windows: Sequence[tuple[datetime, datetime]], *, pool: str | None = None
    ) -> Sequence[BlockFigures]:
        """Return what the fleet, or one pool of it, did in each of these spans of time, without periodic looks."""
        ...

    def pool_scales(self) -> Mapping[str, PoolScale]:
        """Return the targets that the nodes of pools are, by pool, as the label `grace_pool` names them."""
        ...

    def fleet_troubles(self) -> Sequence[str]:
        """Return why the fleet may not be experimented with: its switches, and open incidents of its own parts."""
        ...

    def library(self) -> Library:
        """Return the playbooks in force."""
        ...

    def adjustments(self) -> Sequence[Adjustment]:
        """Return the adjustments of playbooks, in force or not."""
        ...

    def replayed(self, adjustment: Adjustment) -> ChangedCases:
        """Return which incidents of the last 30 days would have gone another way with it."""
        ...

    def standing(self) -> Mapping[str, InForce]:
        """Return what is in force of the subjects of proposals, by kind and subject."""
        ...

    def changes(self, kind: str) -> Sequence[FleetChange]:
        """Return the changes of a kind that are in force."""
        ...

    def snapshot_parts(self) -> Sequence[SnapshotContent]:
        """Return what a snapshot of the fleet holds."""
        ...

    def lost_parts(self) -> Sequence[SnapshotPart]:
        """Return the parts of snapshots whose contents are damaged, and that no model in use has either."""
        ...

    def audit(self) -> AuditFinding:
        """Verify the whole audit log; where that is impossible, say why."""

    def kernel(self, name: str) -> TargetName:
        """Return the name that a kernel of this node has as a target."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The result of a look. `memory` is stored for the next look; `result` is shown as the job's result.

    `findings` are all that hold now, the most severe first, because only the first few hundred are kept; one that is
    missing is over. None: this cycle has none. `plans` are submitted, and enter the line at governance; those of the
    cycle's own that are `withdrawn` leave it, unless their run has begun. `orders` go to the coding agent, whose patch
    is such a plan. `spent` names the goals whose error budget
    is spent; None: this cycle does not look at budgets. `keeps` become a snapshot; what is damaged
    is put right from one, or from what `mends` it.
    `improvements` are those that came into another state; one that is new may be put into force from then on.
    """

    memory: JsonValue
    signals: Sequence[Signal] = ()
    findings: Sequence[Finding] | None = None
    plans: Sequence[ReadyPlan] = ()
    orders: Sequence[CodingOrder] = ()
    withdrawn: Sequence[Withdrawn] = ()
    lever: LeverStep | None = None
    keeps: Sequence[SnapshotContent] = ()
    mends: Sequence[SnapshotContent] = ()
    spent: Sequence[str] | None = None
    improvements: Sequence[Improvement] = ()
    result: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle(Generic[R]):
    """One programme: a job with a cadence.

    `read` looks, with no transaction open. `judge` takes what was read, the memory of the last look (None at the
    first) and the time, and is pure: it is asked again if another run has stored another memory meanwhile.
    `missed` says what happens to slots that passed while no node led. A run is `audited` if it changes more than that.
    """

    name: str
    summary: str
    cadence: timedelta
    read: Callable[[Readers], R]
    judge: Callable[[R, JsonValue, datetime], Found]
    pool: str = "orchestration"
    time_limit: timedelta = timedelta(minutes=5)
    missed: Missed = Missed.LAST
    audited: bool = False


AnyCycle = Cycle[Any]
