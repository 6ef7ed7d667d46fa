"""A trigger whose condition on a target comes and goes by itself is told later.

How long a condition must last is the one threshold of a trigger that can be raised without blinding it: what stays is
told, some minutes later. It can be replayed exactly, because it is stored how long each incident lasted.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import exp

from pydantic import Field

from grace_workers.cycles.cycle import Readers
from grace_workers.cycles.improvements.fleet_change import FleetChange, contents, version_of
from grace_workers.cycles.improvements.improvement import Improvement
from grace_workers.cycles.improvements.kind import ProposalKind
from grace_workers.cycles.improvements.measuring import MeasuredChange, MeasuredEffect
from grace_workers.cycles.improvements.plans import ending_plan, offered, putting_plan
from grace_workers.cycles.weak_spot import PastMonth, PastProblem
from grace_workers.cycles.weak_spots.flapping import OFTEN, WITHIN
from grace_workers.foundation.document import Document
from grace_workers.foundation.ids import TargetName
from grace_workers.playbooks import ReadyPlan

THRESHOLD = "threshold"
LONGEST_HOLD = 600
HOLDS = (60, 120, 300, LONGEST_HOLD)
LEAST_AVOIDED = 0.8
WEEK, SOONEST, LATEST = timedelta(days=7), timedelta(days=1), timedelta(days=14)
SURE = 0.05


class TriggerHold(Document):
    """A trigger's condition on a target is told once it has lasted for so many seconds."""

    trigger: str = Field(max_length=200)
    target: str = Field(max_length=200)
    seconds: int = Field(ge=1, le=LONGEST_HOLD)

    @property
    def subject(self) -> str:
        """What it is about. An @ would make it look like a password in an address, which is starred."""
        return f"{self.trigger}.{self.target}"

    @property
    def words(self) -> str:
        """Return it in words."""
        minutes, rest = divmod(self.seconds, 60)
        return f"told after {self.seconds} s" if rest else f"told after {minutes} min"


def holds_of(changes: Sequence[FleetChange]) -> Mapping[tuple[str, TargetName], timedelta]:
    """Return the holds in force, by trigger and target."""
    holds = contents(changes, TriggerHold)
    return {(one.trigger, TargetName(one.target)): timedelta(seconds=one.seconds) for one in holds}


def find(readers: Readers, month: PastMonth) -> Sequence[Improvement]:
    """Return the shortest hold of each trigger and target that comes and goes, if it would have avoided most of it."""
    held = {(one.content["trigger"], one.content["target"]) for one in readers.changes(THRESHOLD)}
    found = [
        _worth(trigger, target, seen, month.now)
        for (trigger, target), seen in _own(month).items()
        if trigger in readers.triggers and (trigger, target) not in held
    ]
    return [one for one in found if one is not None]


def putting(one: Improvement) -> ReadyPlan:
    """Return the plan that puts it into force. A person approves it, because problems are told later from then on."""
    return putting_plan(f"tell_later_{one.subject}", one)


def back(one: Improvement, reason: str) -> ReadyPlan:
    """Return the plan after which conditions are told at once again."""
    return ending_plan(f"tell_at_once_{one.subject}", one, reason)


def measure(one: Improvement, month: PastMonth) -> MeasuredChange:
    """Compare how many incidents a day end by themselves since with before and with what was predicted.

    It helped once there are surely fewer than before, and did not once there are surely more than predicted; both take
    a day at least. After two weeks the nearer of the two decides.
    """
    hold = TriggerHold.read(one.content, one.key)
    since = one.in_force_at or month.now
    count = sum(
        problem.at >= since and problem.by_itself for problem in _own(month).get((hold.trigger, hold.target), ())
    )
    span = month.now - since
    days = max(span / timedelta(days=1), 1e-9)
    told = f"{count} incidents ended by themselves in {days:.1f} days since"
    told = f"{told}, {one.before:g} a day did before, and {one.predicted:g} a day were predicted"
    effect = MeasuredEffect.UNKNOWN if span < SOONEST else _effect(one, count, days, span)
    return MeasuredChange(since=round(count / days, 2), seen=count, effect=effect, told=told)


def _effect(one: Improvement, count: int, days: float, span: timedelta) -> MeasuredEffect:
    nearer = count / days <= (one.before + one.predicted) / 2
    if nearer and _at_most(count, one.before * days) < SURE:
        return MeasuredEffect.HELPED
    if not nearer and 1 - _at_most(count - 1, one.predicted * days) < SURE:
        return MeasuredEffect.DID_NOT_HELP
    if span < LATEST:
        return MeasuredEffect.UNKNOWN
    return MeasuredEffect.HELPED if nearer else MeasuredEffect.DID_NOT_HELP


def _at_most(count: int, expected: float) -> float:
    """Return how likely at most so many events are, if that many are expected (Poisson)."""
    term = total = exp(-expected)
    for number in range(1, count + 1):
        term *= expected / number
        total += term
    return total if count >= 0 else 0.0


def _own(month: PastMonth) -> Mapping[tuple[str, str], Sequence[PastProblem]]:
    """Return the incidents of each trigger on each target."""
    found: dict[tuple[str, str], list[PastProblem]] = defaultdict(list)
    for one in month.problems:
        if one.is_own and one.target is not None:
            found[one.name, one.target].append(one)
    return found


def _worth(trigger: str, target: str, seen: Sequence[PastProblem], now: datetime) -> Improvement | None:
    gone = [one for one in seen if one.by_itself]
    if sum(now - one.at <= WITHIN for one in gone) < OFTEN:
        return None
    for seconds in HOLDS:
        avoided = sum(one.lasted < timedelta(seconds=seconds) for one in gone)
        if avoided >= LEAST_AVOIDED * len(gone) and avoided > len(seen) - len(gone):
            hold = TriggerHold(trigger=trigger, target=TargetName(target), seconds=seconds)
            return _proposal(hold, seen, gone, avoided, now)
    return None


def _proposal(
    hold: TriggerHold, seen: Sequence[PastProblem], gone: Sequence[PastProblem], avoided: int, now: datetime
) -> Improvement:
    week = [one for one in gone if now - one.at <= WEEK]
    days = max((now - min(one.at for one in week)) / timedelta(days=1), 1.0)
    before = round(len(week) / days, 2)
    later = len(seen) - len(gone)
    why = (
        f"{hold.trigger} on {hold.target} came and went by itself {len(gone)} times in 30 days; {hold.words}, "
        f"{avoided} of those would not have been told, and {later} that did not end by themselves would have been told "
        "that much later"
    )
    content = hold.model_dump(mode="json")
    return Improvement(
        kind=THRESHOLD, subject=hold.subject, change=hold.words, content=content, version=version_of(content), why=why,
        before=before, predicted=round(before * (1 - avoided / len(gone)), 2), replayed=len(seen), avoided=avoided,
        lost=later, proposed_at=now, moved_at=now,
    )  # fmt: skip


DEFINITION = ProposalKind(
    name=THRESHOLD,
    summary="A trigger whose condition on a target comes and goes by itself is told once it has lasted.",
    measures="incidents a day that end by themselves",
    find=find,
    offer=offered,
    putting=putting,
    back=back,
    measure=measure,
)
