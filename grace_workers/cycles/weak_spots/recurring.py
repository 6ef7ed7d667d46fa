"""Problems that come back."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from grace_workers.cycles.finding import ChangeKind, Finding, ProposedChange
from grace_workers.cycles.weak_spot import PastMonth, WeakSpot
from grace_workers.learning import Ending

OFTEN, WITHIN = 5, timedelta(days=7)


def find(month: PastMonth) -> Sequence[Finding]:
    """Count the heals of each cause on each target."""
    heals = Counter(
        (one.cause, one.target)
        for one in month.episodes
        if one.ending is Ending.VERIFIED and month.now - one.at <= WITHIN
    )
    return [
        Finding(
            key=f"recurring:{cause}:{target}",
            title=f"{cause} on {target} was healed {count} times in seven days",
            figures={"heals": count},
            proposal=ProposedChange(
                change=ChangeKind.CODE,
                what=f"mend what makes {target} fall into {cause}; the playbook only ends it each time",
                expected={"heals": 0.0},
            ),
        )
        for (cause, target), count in sorted(heals.items())
        if count >= OFTEN
    ]


DEFINITION = WeakSpot(
    name="recurring",
    summary="Problems that were healed on one target five times or more within seven days.",
    weight="heals",
    find=find,
)
