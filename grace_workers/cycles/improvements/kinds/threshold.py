"""A trigger whose condition on a target comes and goes by itself is told later.

How long a condition must last is the one threshold of a trigger that can be raised without blinding it: what stays is
told, some minutes later. It can be replayed exactly, because it is stored how long each incident lasted.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from pydantic import Field

from grace_workers.cycles.cycle import Readers
from grace_workers.cycles.improvements.fleet_change import FleetChange, contents, version_of
from grace_workers.cycles.improvements.improvement import Improvement
from grace_workers.cycles.improvements.kind import ProposalKind
from grace_workers.cycles.improvements.measuring import MeasuredChange, measured_share
from grace_workers.cycles.improvements.plans import ending_plan, offered, putting_plan
from grace_workers.cycles.weak_spot import PastMonth, PastProblem
from grace_workers.cycles.weak_spots.flapping import OFTEN, WITHIN
from grace_workers.foundation.document import Document
from grace_workers.foundation.ids import TargetName
from grace_workers.playbooks import ReadyPlan
from grace_workers.signals import KEPT_UNTOLD

THRESHOLD = "threshold"
LONGEST_HOLD = 600
HOLDS = (60, 120, 300, LONGEST_HOLD)
LEAST_AVOIDED, MOST = 0.8, 0.9


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
    """Compare how many of the conditions that came and went were not told since with how many a replay predicted.

    A condition that comes no more counts for nothing, because that is not what the hold did. Both are counted over the
    time in which both are known, because only the newest of each are kept.
    """
    hold = TriggerHold.read(one.content, one.key)
    times = month.untold.get((hold.trigger, TargetName(hold.target)), ())
    whole = [month.whole_since, times[0] if len(times) >= KEPT_UNTOLD else None]
    since = max([one.in_force_at or month.now, *(at for at in whole if at is not None)])
    own = _own(month).get((hold.trigger, hold.target), ())
    told = sum(problem.at >= since and problem.by_itself for problem in own)
    untold = sum(at >= since for at in times)
    return measured_share(one, untold, told + untold, month.now, what="conditions that came and went were not told")


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
    later = len(seen) - len(gone)
    why = (
        f"{hold.trigger} on {hold.target} came and went by itself {len(gone)} times in 30 days; {hold.words}, "
        f"{avoided} of those would not have been told, and {later} that did not end by themselves would have been told "
        "that much later"
    )
    content = hold.model_dump(mode="json")
    return Improvement(
        kind=THRESHOLD, subject=hold.subject, change=hold.words, content=content, version=version_of(content), why=why,
        before=0.0, predicted=round(min(avoided / len(gone), MOST), 3), replayed=len(seen), avoided=avoided,
        lost=later, proposed_at=now, moved_at=now,
    )  # fmt: skip


DEFINITION = ProposalKind(
    name=THRESHOLD,
    summary="A trigger whose condition on a target comes and goes by itself is told once it has lasted.",
    measures="share of conditions that come and go and are not told",
    find=find,
    offer=offered,
    putting=putting,
    back=back,
    measure=measure,
    holds=TriggerHold,
)
