"""A playbook that runs whatever the problem is."""

from collections import defaultdict
from collections.abc import Sequence

from grace_workers.cycles.finding import ChangeKind, Finding, ProposedChange
from grace_workers.cycles.weak_spot import PastMonth, WeakSpot

FEWEST, MOST = 20, 0.9
FEWEST_CAUSES, FEWEST_ENABLED = 3, 5


def find(month: PastMonth) -> Sequence[Finding]:
    """Return the playbook that nearly all runs of several causes are of, if there are others that could run."""
    causes: dict[str, list[str]] = defaultdict(list)
    for one in month.episodes:
        causes[one.playbook].append(one.cause)
    return [
        Finding(
            key=f"always_fired:{playbook}",
            title=f"{len(seen)} of {len(month.episodes)} runs were of {playbook}, against {len(set(seen))} causes",
            figures={"share": round(len(seen) / len(month.episodes), 3), "runs": len(seen), "causes": len(set(seen))},
            proposal=ProposedChange(
                change=ChangeKind.PLAYBOOK,
                what=f"narrow what {playbook} is for, so that others may run: grace playbook explain {playbook}",
                expected={"share": MOST},
            ),
        )
        for playbook, seen in causes.items()
        if len(month.enabled) >= FEWEST_ENABLED and len(seen) >= FEWEST and len(set(seen)) >= FEWEST_CAUSES
        if len(seen) >= MOST * len(month.episodes)
    ]


DEFINITION = WeakSpot(
    name="always_fired",
    summary="A playbook of which nearly all runs are, against three causes or more.",
    weight="runs",
    find=find,
)
