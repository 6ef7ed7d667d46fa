"""Problems of one kind that no cause explains."""

from collections.abc import Sequence
from datetime import timedelta

from grace_workers.cycles.finding import ChangeKind, Finding, ProposedChange
from grace_workers.cycles.weak_spot import PastMonth, UnexplainedProblem, WeakSpot

OFTEN, LATELY = 5, timedelta(days=30)


def find(month: PastMonth) -> Sequence[Finding]:
    """Tell of each cluster of them."""
    return [
        Finding(
            key=f"unexplained:{one.name}",
            title=f"{one.incidents} incidents without a cause showed almost the same: {', '.join(one.alerts)[:200]}",
            figures={"incidents": one.incidents},
            proposal=ProposedChange(
                change=ChangeKind.KNOWLEDGE,
                what=f"name their cause and its remedy: grace learn clusters shows it as {one.name}",
                expected={"incidents": 0.0},
            ),
        )
        for one in often_unexplained(month)
    ]


def often_unexplained(month: PastMonth) -> Sequence[UnexplainedProblem]:
    """Return the clusters that are large enough, and of which one came lately."""
    return [one for one in month.unexplained if one.incidents >= OFTEN and month.now - one.last_at <= LATELY]


DEFINITION = WeakSpot(
    name="unexplained",
    summary="Five incidents or more without a cause that showed almost the same.",
    weight="incidents",
    find=find,
)
