"""Playbooks whose expectations hold before they act."""

from collections import Counter
from collections.abc import Sequence

from grace_workers.cycles.finding import ChangeKind, Finding, ProposedChange
from grace_workers.cycles.weak_spot import PastMonth, WeakSpot
from grace_workers.learning import Ending

FEWEST, MOST = 5, 0.5


def find(month: PastMonth) -> Sequence[Finding]:
    """Count the runs that were ineffective: their expectations were met, but were so already."""
    runs = Counter(one.playbook for one in month.episodes if one.ending is not Ending.INCONCLUSIVE)
    idle = Counter(one.playbook for one in month.episodes if one.ending is Ending.INEFFECTIVE)
    return [
        Finding(
            key=f"idle_expectations:{playbook}",
            title=f"in {idle[playbook]} of {count} runs, {playbook} changed nothing that it expects",
            figures={"idle": idle[playbook], "runs": count},
            proposal=ProposedChange(
                change=ChangeKind.PLAYBOOK,
                what=f"let {playbook} expect a reading that its cause moves: grace playbook explain {playbook}",
                expected={"idle": 0.0},
            ),
        )
        for playbook, count in sorted(runs.items())
        if count >= FEWEST and idle[playbook] / count > MOST
    ]


DEFINITION = WeakSpot(
    name="idle_expectations",
    summary="Playbooks of which most runs changed nothing, because what they expect held before.",
    weight="idle",
    find=find,
)
