"""Errors of code that come back."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from grace_workers.cycles.finding import ChangeKind, Finding, ProposedChange
from grace_workers.cycles.weak_spot import PastMonth, PastProblem, RaisedError, WeakSpot
from grace_workers.cycles.weak_spots.recurring import OFTEN, WITHIN
from grace_workers.foundation.ids import TargetName


def find(month: PastMonth) -> Sequence[Finding]:
    """Count the incidents of each error that comes out of declared code."""
    found = ((seen[0][1], len(seen)) for seen in recurring_errors(month).values())
    return [
        Finding(
            key=f"recurring_errors:{one.code}:{one.key}",
            title=f"{one.exception} at {one.place} of {one.code} came {count} times in seven days",
            figures={"incidents": count},
            proposal=ProposedChange(
                change=ChangeKind.CODE,
                what=f"mend {one.place}: grace code task fix_bug --target {one.code}",
                expected={"incidents": 0.0},
            ),
        )
        for one, count in found
    ]


def recurring_errors(
    month: PastMonth,
) -> Mapping[tuple[TargetName, str], Sequence[tuple[PastProblem, RaisedError]]]:
    """Return the errors that came back often in the last days, each with its incidents, the newest first."""
    found: dict[tuple[TargetName, str], list[tuple[PastProblem, RaisedError]]] = defaultdict(list)
    for one in sorted(month.problems, key=lambda one: one.at, reverse=True):
        if one.error is not None and month.now - one.at <= WITHIN:
            found[one.error.code, one.error.key].append((one, one.error))
    return {key: seen for key, seen in sorted(found.items()) if len(seen) >= OFTEN}


DEFINITION = WeakSpot(
    name="recurring_errors",
    summary="Errors of declared code that opened five incidents or more within seven days.",
    weight="incidents",
    find=find,
)
