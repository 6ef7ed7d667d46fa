"""A name in signals that no target has, but that holds the name of exactly one, such as `shop-web:9100`.

Signals that name no target are only counted. With the alias they open incidents of the target that they mean.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from hashlib import sha256

from pydantic import Field

from grace_workers.cycles.cycle import Readers
from grace_workers.cycles.improvements.fleet_change import FleetChange, contents, version_of
from grace_workers.cycles.improvements.improvement import Improvement
from grace_workers.cycles.improvements.kind import ProposalKind
from grace_workers.cycles.improvements.measuring import MeasuredChange, measured_share
from grace_workers.cycles.improvements.plans import ending_plan, offered, putting_plan
from grace_workers.cycles.weak_spot import PastMonth
from grace_workers.cycles.weak_spots.unmatched_signals import OFTEN
from grace_workers.foundation.document import Document
from grace_workers.foundation.ids import TargetName
from grace_workers.foundation.redaction import starred
from grace_workers.playbooks import ReadyPlan
from grace_workers.signals import Signal

ALIAS = "alias"
LONGEST_VALUE = 200
FEWEST_KNOWN, USUAL, LEAST, MOST = 8, 0.5, 0.3, 0.9
SHORTEST_NAME = 3
_DIGITS = 8
_WORD = re.compile(r"[A-Za-z0-9_-]+")


class TargetAlias(Document):
    """A signal whose label has this value is about the target, if it names none itself."""

    label: str = Field(max_length=64)
    value: str = Field(min_length=1, max_length=LONGEST_VALUE)
    target: str = Field(max_length=LONGEST_VALUE)

    @property
    def subject(self) -> str:
        """What it is about; the value comes from outside, so only its hash is part of a name."""
        return f"{self.target}.{sha256(f'{self.label}={self.value}'.encode()).hexdigest()[:_DIGITS]}"

    @property
    def words(self) -> str:
        """Return it in words."""
        return f"{self.label}={self.value} means {self.target}"


def aliased(
    signals: Sequence[Signal], changes: Iterable[FleetChange], targets: Collection[TargetName]
) -> Sequence[Signal]:
    """Return the signals, each without a target with the declared one that an alias in force gives it."""
    known = contents(changes, TargetAlias)
    meant = {(one.label, one.value): TargetName(one.target) for one in known if one.target in targets}
    return [_named(one, meant) if one.target is None else one for one in signals]


def _named(signal: Signal, meant: dict[tuple[str, str], TargetName]) -> Signal:
    found = next((meant[pair] for pair in signal.labels.items() if pair in meant), None)
    return signal if found is None else replace(signal, target=found)


def find(readers: Readers, month: PastMonth) -> Sequence[Improvement]:
    """Return each name that came often, was not taken, and means one target."""
    known = {(one.content["label"], one.content["value"]) for one in readers.changes(ALIAS)}
    named = Counter(pair for one in month.strays for pair in one.names.items() if pair not in known)
    found = [
        _proposal(TargetAlias(label=label, value=value, target=target), count, month)
        for (label, value), count in named.most_common()
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
    content = alias.model_dump(mode="json")
    why = (
        f"{count} signals of the last 30 days had {alias.label}={alias.value} and named no declared target; each would "
        f"have been about {alias.target}, the only one whose name is a word of that"
    )
    return Improvement(
        kind=ALIAS, subject=alias.subject, change=alias.words, content=content,
        version=version_of(content), why=why, before=0.0, predicted=_usual(alias, month), replayed=count, avoided=count,
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
    offer=offered,
    putting=putting,
    back=back,
    measure=measure,
    holds=TargetAlias,
)
