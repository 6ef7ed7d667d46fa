"""Plans that wait long for people."""

from collections.abc import Sequence
from statistics import median

from grace_workers.cycles.finding import ChangeKind, Finding, ProposedChange
from grace_workers.cycles.weak_spot import PastMonth, WeakSpot

LONG, FEWEST = 3600.0, 3


def find(month: PastMonth) -> Sequence[Finding]:
    """Take the median wait of each playbook's plans."""
    return [
        Finding(
            key=f"long_waits:{playbook}",
            title=f"plans of {playbook} waited {median(waits) / 60:.0f} min for a person (median of {len(waits)})",
            figures={"wait": round(median(waits)), "plans": len(waits)},
            proposal=ProposedChange(
                change=ChangeKind.PLAYBOOK,
                what=f"let {playbook} act alone where it has proved itself, or have more people answer",
                expected={"wait": 600.0},
            ),
        )
        for playbook, waits in sorted(month.waits.items())
        if len(waits) >= FEWEST and median(waits) >= LONG
    ]


DEFINITION = WeakSpot(
    name="long_waits",
    summary="Playbooks whose plans waited for people for an hour or longer, in the middle of them.",
    weight="wait",
    find=find,
)
