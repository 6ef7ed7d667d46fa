"""A reading that shows a problem each time, but that nothing watches: people or other systems told of it first.

The bound is that of the cause's own measure, so nothing is learnt that diagnosis would not agree with.
"""

from collections import defaultdict
from collections.abc import Sequence

from grace_workers.cycles.cycle import Readers
from grace_workers.cycles.fleet_change import FleetChange
from grace_workers.cycles.improving.improvement import Improvement
from grace_workers.cycles.improving.kind import ProposalKind
from grace_workers.cycles.improving.measuring import MeasuredChange, measured_share
from grace_workers.cycles.improving.plans import ending_plan, putting_plan
from grace_workers.cycles.improving.watching import PROBE, WatchedReading
from grace_workers.cycles.weak_spot import PastMonth, PastProblem
from grace_workers.foundation.ids import TargetName
from grace_workers.playbooks import ReadyPlan

OWN_SOURCE = "probe"
OFTEN, LEAST_SHOWN = 5, 0.8


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


def offer(one: Improvement) -> FleetChange:
    """Return the change that may be put into force from now on."""
    return FleetChange(kind=PROBE, subject=one.subject, content=one.content, proposed_at=one.proposed_at)


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
        (problem.source == OWN_SOURCE and problem.name == wanted.trigger, problem.cause == wanted.cause)
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
    return {key: seen for key, seen in found.items() if all(one.source != OWN_SOURCE for one in seen)}


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
    change = FleetChange(kind=PROBE, subject=wanted.subject, content=content, proposed_at=month.now)
    why = (
        f"{wanted.cause} on {wanted.target} was told from outside {len(seen)} times in 30 days, and by no trigger of "
        f"ours; {wanted.words}, which in {shown} of those would have told it"
    )
    return Improvement(
        kind=PROBE, subject=wanted.subject, change=wanted.words, content=content, version=change.version, why=why,
        before=0.0, predicted=round(shown / len(seen) * LEAST_SHOWN, 3), replayed=len(seen), avoided=shown, lost=0,
        proposed_at=month.now, moved_at=month.now,
    )  # fmt: skip


DEFINITION = ProposalKind(
    name=PROBE,
    summary="A reading that shows a problem each time, but that nothing watches, raises a signal at its cause's bound.",
    measures="share of such problems that it tells",
    find=find,
    offer=offer,
    putting=putting,
    back=back,
    measure=measure,
)
