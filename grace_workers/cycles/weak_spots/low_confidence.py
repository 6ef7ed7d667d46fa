"""Causes that diagnosis is right about but not sure of."""

from collections import defaultdict
from collections.abc import Sequence
from statistics import fmean

from grace_workers.cycles.finding import ChangeKind, Finding, ProposedChange
from grace_workers.cycles.weak_spot import PastMonth, WeakSpot
from grace_workers.foundation.statistics import beta_lower_bound
from grace_workers.learning import Precedent

SURE = 0.75
FEWEST = 8


def find(month: PastMonth) -> Sequence[Finding]:
    """Compare how sure diagnosis was of each cause with how often it was right."""
    judged: dict[str, list[Precedent]] = defaultdict(list)
    for one in month.precedents:
        if one.right is not None:
            judged[one.cause].append(one)
    return [found for cause in sorted(judged) if (found := _judged(cause, judged[cause])) is not None]


def _judged(cause: str, seen: Sequence[Precedent]) -> Finding | None:
    right = sum(one.right is True for one in seen)
    stated = fmean(one.confidence for one in seen)
    if len(seen) < FEWEST or stated >= SURE or beta_lower_bound(right, len(seen) - right) <= stated:
        return None
    unmeasured = sum(not one.measured for one in seen)
    return Finding(
        key=f"low_confidence:{cause}",
        title=f"{cause} was right {right} of {len(seen)} times, with a mean confidence of {stated:.0%}",
        figures={"confidence": round(stated, 3), "right": right, "runs": len(seen), "unmeasured": unmeasured},
        proposal=ProposedChange(
            change=ChangeKind.KNOWLEDGE,
            what=f"give the cause {cause} a measure that shows it; {unmeasured} of {len(seen)} runs had none",
            expected={"confidence": SURE},
        ),
    )


DEFINITION = WeakSpot(
    name="low_confidence",
    summary="Causes that proved right more often than diagnosis was sure of them, at less than 75 %.",
    weight="runs",
    find=find,
)
