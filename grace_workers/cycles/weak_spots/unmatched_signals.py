"""Signals that no target takes."""

from collections.abc import Sequence

from grace_workers.cycles.finding import ChangeKind, Finding, ProposedChange
from grace_workers.cycles.weak_spot import PastMonth, WeakSpot

OFTEN = 10


def find(month: PastMonth) -> Sequence[Finding]:
    """Count the newest signals without a target, by name."""
    return [
        Finding(
            key=f"unmatched_signals:{name}",
            title=f"{count} signals {name} named no declared target",
            figures={"signals": count},
            proposal=ProposedChange(
                change=ChangeKind.TARGET,
                what=f"declare the target of {name}, or label it grace_target: grace signal list --unmatched",
                expected={"signals": 0.0},
            ),
        )
        for name, count in sorted(month.unmatched.items())
        if count >= OFTEN
    ]


DEFINITION = WeakSpot(
    name="unmatched_signals",
    summary="Signals of one name that came ten times or more and named no declared target.",
    weight="signals",
    find=find,
)
