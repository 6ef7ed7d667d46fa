"""A reading that shows a problem each time, but that nothing watches: people or other systems told of it first.

The bound is that of the cause's own measure, so nothing is learnt that diagnosis would not agree with.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import partial

from pydantic import Field

from grace_workers.cycles.cycle import Readers
from grace_workers.cycles.improvements.fleet_change import FleetChange, contents, version_of
from grace_workers.cycles.improvements.improvement import Improvement
from grace_workers.cycles.improvements.kind import ProposalKind
from grace_workers.cycles.improvements.measuring import MeasuredChange, measured_share
from grace_workers.cycles.improvements.plans import ending_plan, offered, putting_plan
from grace_workers.cycles.weak_spot import PastMonth, PastProblem
from grace_workers.foundation.document import Document
from grace_workers.foundation.ids import TargetName
from grace_workers.playbooks import ReadyPlan
from grace_workers.signals import Reading, Severity, Trigger

PROBE = "probe"
LOOKS = 2
OFTEN, LEAST_SHOWN = 5, 0.8


class WatchedReading(Document):
    """A reading of a target that raises a signal at or beyond its bound: `at_least` it, or else at most.

    It shows the `cause`, by the cause's own measure.
    """

    check: str = Field(max_length=100)
    target: str = Field(max_length=200)
    bound: float = Field(allow_inf_nan=False)
    at_least: bool
    cause: str = Field(max_length=100)

    @property
    def subject(self) -> str:
        """What it is about."""
        return f"{self.check}.{self.target}"

    @property
    def trigger(self) -> str:
        """The name of its signals."""
        return f"watched_{self.check}"

    @property
    def words(self) -> str:
        """Return it in words."""
        return f"{self.check} {'>=' if self.at_least else '<='} {self.bound:g} raises a signal"

    def beyond(self, value: float) -> bool:
        """Return whether a value raises a signal."""
        return value >= self.bound if self.at_least else value <= self.bound


def watched(changes: Sequence[FleetChange]) -> Sequence[WatchedReading]:
    """Return the readings that the changes in force watch."""
    return contents(changes, WatchedReading)


def trigger_of(one: WatchedReading) -> Trigger:
    """Return the trigger that watches the reading of its one target."""
    return Trigger(
        name=one.trigger,
        summary=f"{one.check} shows {one.cause}",
        severity=Severity.ERROR,
        checks={one.check: one.bound},
        judge=partial(_judge, one),
        targets=frozenset({TargetName(one.target)}),
    )


def _judge(one: WatchedReading, bound: float, readings: Sequence[Reading]) -> str | None:
    """Return the reading once two looks in a row are at its bound or beyond it."""
    values = [reading.value for reading in readings[-LOOKS:] if reading.value is not None]
    if len(values) < LOOKS or not all(map(one.beyond, values)):
        return None
    return (
        f"{one.check} is {values[-1]:g}, {'at least' if one.at_least else 'at most'} {bound:g}: a sign of {one.cause}"
    )


def find(readers: Readers, month: PastMonth) -> Sequence[Improvement]:
    """Return one reading of each target and cause that was told from outside only, if it is quiet now."""
    known = {check for trigger in readers.triggers for check in trigger.checks}
    watched = {(one.content["check"], one.content["target"]) for one in readers.changes(PROBE)}
    found: dict[str, Improvement] = {}
    for (target, cause), seen in _told_from_outside(month).items():
        for wanted in _readings(target, cause, seen):
            new = wanted.check not in known and (wanted.check, wanted.target) not in watched
            if new and wanted.subject not in found and _quiet(readers, wanted):
                found[wanted.subject] = _proposal(wanted, seen, month)
                break
    return [*found.values()]


def putting(one: Improvement) -> ReadyPlan:
    """Return the plan that puts it into force. A person approves it, because its signals open incidents."""
    return putting_plan(f"watch_{one.subject}", one)


def back(one: Improvement, reason: str) -> ReadyPlan:
    """Return the plan after which the reading is not watched any more."""
    return ending_plan(f"stop_watching_{one.subject}", one, reason)


def measure(one: Improvement, month: PastMonth) -> MeasuredChange:
    """Compare how often the reading tells of the problem: of what has the cause, or what it raised without the cause.

    So a problem that others still tell first counts against it, and so does a false alarm.
    """
    wanted = WatchedReading.read(one.content, one.key)
    seen = [
        (problem.is_own and problem.name == wanted.trigger, problem.cause == wanted.cause)
        for problem in month.problems
        if problem.target == wanted.target and (one.in_force_at is None or problem.at >= one.in_force_at)
    ]
    about = [(told, right) for told, right in seen if told or right]
    well = sum(told and right for told, right in about)
    return measured_share(one, well, len(about), month.now, what="problems were told by it", fewest_at_last=1)


def _told_from_outside(month: PastMonth) -> dict[tuple[TargetName, str], list[PastProblem]]:
    """Return the incidents of each target and cause of which none was told by a trigger of ours."""
    found: dict[tuple[TargetName, str], list[PastProblem]] = defaultdict(list)
    for one in month.problems:
        if one.target is not None and one.cause is not None:
            found[one.target, one.cause].append(one)
    return {key: seen for key, seen in found.items() if all(not one.is_own for one in seen)}


def _readings(target: TargetName, cause: str, seen: Sequence[PastProblem]) -> Sequence[WatchedReading]:
    """Return the readings that showed most of the incidents, the surest first."""
    if len(seen) < OFTEN:
        return ()
    times: dict[WatchedReading, int] = defaultdict(int)
    for problem in seen:
        for one in problem.shown:
            wanted = WatchedReading(check=one.check, target=target, bound=one.bound, at_least=one.at_least, cause=cause)
            times[wanted] += wanted.beyond(one.value)
    sure = [one for one, count in times.items() if count >= LEAST_SHOWN * len(seen)]
    return sorted(sure, key=lambda one: (-times[one], one.check))


def _quiet(readers: Readers, wanted: WatchedReading) -> bool:
    """Whether the reading can be taken, and would not raise a signal now."""
    values = [one.value for one in readers.readings([wanted.check], [TargetName(wanted.target)])]
    return bool(values) and all(value is not None and not wanted.beyond(value) for value in values)


def _proposal(wanted: WatchedReading, seen: Sequence[PastProblem], month: PastMonth) -> Improvement:
    shown = sum(any(one.check == wanted.check and wanted.beyond(one.value) for one in each.shown) for each in seen)
    content = wanted.model_dump(mode="json")
    why = (
        f"{wanted.cause} on {wanted.target} was told from outside {len(seen)} times in 30 days, and by no trigger of "
        f"ours; {wanted.words}, which in {shown} of those would have told it"
    )
    return Improvement(
        kind=PROBE, subject=wanted.subject, change=wanted.words, content=content, version=version_of(content), why=why,
        before=0.0, predicted=round(shown / len(seen) * LEAST_SHOWN, 3), replayed=len(seen), avoided=shown, lost=0,
        proposed_at=month.now, moved_at=month.now,
    )  # fmt: skip


DEFINITION = ProposalKind(
    name=PROBE,
    summary="A reading that shows a problem each time, but that nothing watches, raises a signal at its cause's bound.",
    measures="share of such problems that it tells",
    find=find,
    offer=offered,
    putting=putting,
    back=back,
    measure=measure,
    holds=WatchedReading,
)
