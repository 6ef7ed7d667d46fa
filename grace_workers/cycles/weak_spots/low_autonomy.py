"""Too many incidents need people."""

from collections.abc import Sequence

from grace_workers.cycles.finding import ChangeKind, Finding, ProposedChange
from grace_workers.cycles.weak_spot import PastMonth, WeakSpot
from grace_workers.foundation.statistics import beta_lower_bound

ENOUGH, FEWEST = 0.85, 20


def find(month: PastMonth) -> Sequence[Finding]:
    """Compare the share of incidents that people had to look at with what is allowed."""
    total, alone = sum(one.incidents for one in month.days), sum(one.alone for one in month.days)
    planned = sum(one.planned for one in month.days)
    enough = month.enough("autonomy", ENOUGH)
    if total < FEWEST or beta_lower_bound(total - alone, alone) <= 1 - enough:
        return ()
    asked = planned - alone
    without = total - planned
    what = (
        f"teach causes and playbooks for what has none: {without} incidents had no plan (grace learn clusters)"
        if without >= asked
        else f"let proven playbooks act alone: {asked} incidents had a plan and a person (grace learn summary)"
    )
    return [
        Finding(
            key="low_autonomy",
            title=f"{alone} of {total} incidents ended without a person",
            figures={"alone": round(alone / total, 3), "incidents": total, "without_plan": without},
            proposal=ProposedChange(
                change=ChangeKind.KNOWLEDGE if without >= asked else ChangeKind.PLAYBOOK,
                what=what,
                expected={"alone": enough},
            ),
        )
    ]


DEFINITION = WeakSpot(
    name="low_autonomy",
    summary="Fewer than 85 % of the incidents ended without a person, surely, or than a missed goal asks.",
    weight="without_plan",
    find=find,
)
