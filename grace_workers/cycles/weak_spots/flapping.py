"""Problems that come and go by themselves."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from grace_workers.cycles.finding import ChangeKind, Finding, ProposedChange
from grace_workers.cycles.weak_spot import PastMonth, WeakSpot

OFTEN, WITHIN = 6, timedelta(days=1)


def find(month: PastMonth) -> Sequence[Finding]:
    """Count the incidents of each problem that ended by themselves."""
    ends = Counter((one.target, one.signature) for one in month.vanished if month.now - one.at <= WITHIN)
    return [
        Finding(
            key=f"flapping:{target}:{signature}",
            title=f"{signature} on {target} came and went {count} times in a day",
            figures={"ends": count},
            proposal=ProposedChange(
                change=ChangeKind.CHECK,
                what=f"let {signature} be raised later or at a higher bound; all {count} ended by themselves",
                expected={"ends": 1.0},
            ),
        )
        for (target, signature), count in sorted(ends.items())
        if count >= OFTEN
    ]


DEFINITION = WeakSpot(
    name="flapping",
    summary="Problems that ended by themselves six times or more within a day.",
    weight="ends",
    find=find,
)
