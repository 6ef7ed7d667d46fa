"""Goals that are at risk or off track."""

from collections.abc import Sequence

from grace_workers.cycles.finding import ChangeKind, Finding, ProposedChange
from grace_workers.cycles.goals import declared_indicators
from grace_workers.cycles.weak_spot import PastMonth, WeakSpot


def find(month: PastMonth) -> Sequence[Finding]:
    """Return each goal that will hardly be met. Its objective is what playbooks are held to from then on."""
    return [
        Finding(
            key=f"missed_goals:{goal.name}",
            title=f"goal {goal.name} will hardly be met: {stands.reason}",
            figures={
                "value": round(stands.value or 0.0, 3),
                "objective": goal.objective,
                "missing": round(1 - (stands.value or 0.0) / goal.objective, 3),
            },
            proposal=ProposedChange(
                change=ChangeKind.PLAYBOOK,
                what=declared_indicators()[goal.indicator].advice,
                expected={"value": goal.objective},
            ),
        )
        for goal, stands in month.missed
    ]


DEFINITION = WeakSpot(
    name="missed_goals",
    summary="Goals that are at risk or off track.",
    weight="missing",
    find=find,
)
