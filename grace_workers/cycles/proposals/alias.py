"""A name in signals that no target has, but that holds the name of exactly one, such as `shop-web:9100`.

Signals that name no target are only counted. With the alias they open incidents of the target that they mean.
"""

import re
from collections import Counter
from collections.abc import Collection, Sequence

from grace_workers.cycles.cycle import Readers
from grace_workers.cycles.fleet_change import FleetChange
from grace_workers.cycles.improving.alias import ALIAS, LONGEST_VALUE, TargetAlias
from grace_workers.cycles.improving.improvement import Improvement
from grace_workers.cycles.improving.kind import ProposalKind
from grace_workers.cycles.improving.measuring import MeasuredChange, measured_share
from grace_workers.cycles.improving.plans import ending_plan, putting_plan
from grace_workers.cycles.weak_spot import PastMonth
from grace_workers.cycles.weak_spots.unmatched_signals import OFTEN
from grace_workers.foundation.ids import TargetName
from grace_workers.foundation.redaction import starred
from grace_workers.playbooks import ReadyPlan

FEWEST_KNOWN, USUAL, LEAST, MOST = 8, 0.5, 0.3, 0.9
SHORTEST_NAME = 3
_WORD = re.compile(r"[A-Za-z0-9_-]+")


def find(readers: Readers, month: PastMonth) -> Sequence[Improvement]:
    """Return each name that came often, was not taken, and means one target."""
    known = {(one.content["label"], one.content["value"]) for one in readers.changes(ALIAS)}
    offered = Counter(pair for one in month.strays for pair in one.names.items() if pair not in known)
    found = [
        _proposal(TargetAlias(label=label, value=value, target=target), count, month)
        for (label, value), count in offered.most_common()
        if count >= OFTEN and (target := meant(value, month.targets)) is not None
    ]
    return [*{one.subject: one for one in found}.values()]


def meant(value: str, targets: Collection[TargetName]) -> TargetName | None:
    """Return the only target whose name is a whole word of the value; None for what may not be shown."""
    if len(value) > LONGEST_VALUE or not value.isprintable() or starred(value) != value:
        return None
    words = set(_WORD.findall(value.casefold()))
    found = [one for one in targets if len(one) >= SHORTEST_NAME and one.casefold() in words]
    return found[0] if len(found) == 1 else None


def offer(one: Improvement) -> FleetChange:
    """Return the change that may be put into force from now on."""
    return FleetChange(kind=ALIAS, subject=one.subject, content=one.content, proposed_at=one.proposed_at)


def putting(one: Improvement) -> ReadyPlan:
    """Return the plan that puts it into force. A person approves it, because signals open incidents from then on."""
    return putting_plan(f"learn_name_{one.subject}", one)


def back(one: Improvement, reason: str) -> ReadyPlan:
    """Return the plan after which such signals are only counted again."""
    return ending_plan(f"forget_name_{one.subject}", one, reason)


def measure(one: Improvement, month: PastMonth) -> MeasuredChange:
    """Compare how often diagnosis finds a cause of what is named so with how often it does for the target otherwise."""
    alias = TargetAlias.read(one.content, one.key)
    seen = [
        problem.cause is not None
        for problem in month.problems
        if problem.names.get(alias.label) == alias.value
        and problem.target == alias.target
        and (one.in_force_at is None or problem.at >= one.in_force_at)
    ]
    return measured_share(one, sum(seen), len(seen), month.now, what="incidents had a cause", fewest_at_last=1)


def _proposal(alias: TargetAlias, count: int, month: PastMonth) -> Improvement:
    change = FleetChange(
        kind=ALIAS, subject=alias.subject, content=alias.model_dump(mode="json"), proposed_at=month.now
    )
    why = (
        f"{count} signals of the last 30 days had {alias.label}={alias.value} and named no declared target; each would "
        f"have been about {alias.target}, the only one whose name is a word of that"
    )
    return Improvement(
        kind=ALIAS, subject=alias.subject, change=alias.words, content=alias.model_dump(mode="json"),
        version=change.version, why=why, before=0.0, predicted=_usual(alias, month), replayed=count, avoided=count,
        lost=0, proposed_at=month.now, moved_at=month.now,
    )  # fmt: skip


def _usual(alias: TargetAlias, month: PastMonth) -> float:
    """Return how often the target's incidents have a cause, as far as there are enough to say."""
    causes = [one.cause is not None for one in month.problems if one.target == alias.target]
    usual = sum(causes) / len(causes) if len(causes) >= FEWEST_KNOWN else USUAL
    return round(min(max(usual, LEAST), MOST), 3)


DEFINITION = ProposalKind(
    name=ALIAS,
    summary="A name in signals that no target has, but that holds the name of exactly one, means that target.",
    measures="share of incidents named so that have a cause",
    find=find,
    offer=offer,
    putting=putting,
    back=back,
    measure=measure,
)
