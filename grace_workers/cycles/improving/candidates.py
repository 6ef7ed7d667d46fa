"""Which adjustments may help a playbook that fails too often: a higher confidence, or else a person. Pure."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from grace_workers.cycles.weak_spot import PastMonth
from grace_workers.cycles.weak_spots.low_success import ENOUGH, failing
from grace_workers.learning import Precedent
from grace_workers.playbooks import AdjustedFigure, Adjustment, Library, Mode, Playbook

FEWEST_KEPT, MOST_LOST = 5, 0.2
THRESHOLDS = range(50, 100, 5)


def candidates(month: PastMonth, library: Library, without: Collection[str]) -> Sequence[Adjustment]:
    """Return those worth a replay, the mildest of each playbook first; none for the playbooks `without`."""
    judged: dict[str, list[Precedent]] = defaultdict(list)
    for one in month.precedents:
        if one.right is not None:
            judged[one.playbook].append(one)
    found: list[Adjustment] = []
    for name in failing(month):
        if name in without or name not in library or not _acts(library[name]):
            continue
        playbook = library.of_file(name)
        least = _threshold(playbook, judged[name])
        if least is not None:
            found.append(_adjustment(playbook, AdjustedFigure.MIN_CONFIDENCE, least, month))
        if (playbook.required or Mode.AUTO) is Mode.AUTO:
            found.append(_adjustment(playbook, AdjustedFigure.MODE, Mode.REVIEW.strictness, month))
    return found


def _acts(playbook: Playbook) -> bool:
    return playbook.enabled and not playbook.shadow


def _threshold(playbook: Playbook, runs: Sequence[Precedent]) -> int | None:
    """Return the lowest confidence above which runs help often enough, and hardly one that helped is lost."""
    helped = sum(one.right is True for one in runs)
    for percent in THRESHOLDS:
        kept = [one for one in runs if one.confidence >= percent / 100]
        well = sum(one.right is True for one in kept)
        if percent / 100 <= playbook.when.min_confidence or len(kept) == len(runs):
            continue
        if len(kept) < FEWEST_KEPT or well < helped * (1 - MOST_LOST):
            return None
        if well / len(kept) >= ENOUGH:
            return percent
    return None


def _adjustment(playbook: Playbook, figure: AdjustedFigure, value: int, month: PastMonth) -> Adjustment:
    return Adjustment(playbook=playbook.name, figure=figure, base=playbook.digest, value=value, at=month.now)
