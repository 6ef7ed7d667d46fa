"""Playbooks that fail too often."""

from collections import defaultdict
from collections.abc import Sequence

from grace_workers.cycles.finding import ChangeKind, Finding, ProposedChange
from grace_workers.cycles.weak_spot import PastMonth, WeakSpot
from grace_workers.foundation.statistics import beta_lower_bound
from grace_workers.learning import Ending

ENOUGH = 0.85
_CLEAR = {Ending.VERIFIED, Ending.INEFFECTIVE, Ending.FAILED}


def find(month: PastMonth) -> Sequence[Finding]:
    """Compare the failures of each playbook with what is allowed; few runs must fail more clearly than many."""
    endings: dict[str, list[Ending]] = defaultdict(list)
    for one in month.episodes:
        if one.ending in _CLEAR:
            endings[one.playbook].append(one.ending)
    return [found for playbook in sorted(endings) if (found := _judged(playbook, endings[playbook])) is not None]


def _judged(playbook: str, endings: Sequence[Ending]) -> Finding | None:
    verified = endings.count(Ending.VERIFIED)
    failed = len(endings) - verified
    if beta_lower_bound(failed, verified) <= 1 - ENOUGH:
        return None
    return Finding(
        key=f"low_success:{playbook}",
        title=f"playbook {playbook} helped in {verified} of {len(endings)} runs",
        figures={"success": round(verified / len(endings), 3), "runs": len(endings), "failed": failed},
        proposal=ProposedChange(
            change=ChangeKind.PLAYBOOK,
            what=f"let {playbook} ask (mode: review) until its steps or conditions are changed; "
            f"{len(endings)} runs of the last 30 days would have waited for a person, {failed} of them in vain",
            expected={"success": ENOUGH},
        ),
    )


DEFINITION = WeakSpot(
    name="low_success",
    summary="Playbooks of which surely more than 15 % of the runs fail.",
    weight="failed",
    find=find,
)
