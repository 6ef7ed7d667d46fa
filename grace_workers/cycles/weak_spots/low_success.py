"""Playbooks that fail too often."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from grace_workers.cycles.finding import ChangeKind, Finding, ProposedChange
from grace_workers.cycles.weak_spot import PastMonth, WeakSpot
from grace_workers.foundation.statistics import beta_lower_bound
from grace_workers.learning import Ending

ENOUGH = 0.85
_CLEAR = {Ending.VERIFIED, Ending.INEFFECTIVE, Ending.FAILED}


def find(month: PastMonth) -> Sequence[Finding]:
    """Compare the failures of each playbook with what is allowed; few runs must fail more clearly than many."""
    return [_found(playbook, endings, enough(month)) for playbook, endings in failing(month).items()]


def failing(month: PastMonth) -> Mapping[str, Sequence[Ending]]:
    """Return the playbooks of which surely too many runs fail, by name, with how their runs ended."""
    endings: dict[str, list[Ending]] = defaultdict(list)
    for one in month.episodes:
        if one.ending in _CLEAR:
            endings[one.playbook].append(one.ending)
    least = enough(month)
    return {name: endings[name] for name in sorted(endings) if _fails(endings[name], least)}


def enough(month: PastMonth) -> float:
    """Return the share of runs that is to help: more than usual while a goal for it is missed."""
    return month.enough("healing_success", ENOUGH)


def _fails(endings: Sequence[Ending], least: float) -> bool:
    verified = endings.count(Ending.VERIFIED)
    return beta_lower_bound(len(endings) - verified, verified) > 1 - least


def _found(playbook: str, endings: Sequence[Ending], least: float) -> Finding:
    verified = endings.count(Ending.VERIFIED)
    failed = len(endings) - verified
    return Finding(
        key=f"low_success:{playbook}",
        title=f"playbook {playbook} helped in {verified} of {len(endings)} runs",
        figures={"success": round(verified / len(endings), 3), "runs": len(endings), "failed": failed},
        proposal=ProposedChange(
            change=ChangeKind.PLAYBOOK,
            what=f"let {playbook} ask (mode: review) until its steps or conditions are changed; "
            f"{len(endings)} runs of the last 30 days would have waited for a person, {failed} of them in vain",
            expected={"success": least},
        ),
    )


DEFINITION = WeakSpot(
    name="low_success",
    summary="Playbooks of which surely more than 15 % of the runs fail, or more than a missed goal allows.",
    weight="failed",
    find=find,
)
