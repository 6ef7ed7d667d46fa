"""A stricter figure of a playbook that fails too often: a higher confidence, or else a person is asked."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from grace_workers.cycles.cycle import Readers
from grace_workers.cycles.improvements.improvement import ChangedCases, Improvement
from grace_workers.cycles.improvements.kind import ProposalKind
from grace_workers.cycles.improvements.measuring import MeasuredChange, measured_share, share
from grace_workers.cycles.improvements.plans import LONGEST_REASON, plan_name
from grace_workers.cycles.tuning import setting_plan
from grace_workers.cycles.weak_spot import PastMonth
from grace_workers.cycles.weak_spots.low_success import enough, failing
from grace_workers.learning import Ending, Episode, Precedent
from grace_workers.playbooks import UNSET, AdjustedFigure, Adjustment, Library, Mode, Playbook, ReadyPlan

FEWEST_KEPT, MOST_LOST = 5, 0.2
THRESHOLDS = range(50, 100, 5)
NOT_AGAIN_WITHIN_DAYS = 30
_CLEAR = {Ending.VERIFIED, Ending.INEFFECTIVE, Ending.FAILED}


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
        least = _threshold(playbook, judged[name], enough(month))
        if least is not None:
            found.append(_adjustment(playbook, AdjustedFigure.MIN_CONFIDENCE, least, month))
        if (playbook.required or Mode.AUTO) is Mode.AUTO:
            found.append(_adjustment(playbook, AdjustedFigure.MODE, Mode.REVIEW.strictness, month))
    return found


def _acts(playbook: Playbook) -> bool:
    return playbook.enabled and not playbook.shadow


def _threshold(playbook: Playbook, runs: Sequence[Precedent], wanted: float) -> int | None:
    """Return the lowest confidence above which runs help often enough, and hardly one that helped is lost."""
    helped = sum(one.right is True for one in runs)
    for percent in THRESHOLDS:
        kept = [one for one in runs if one.confidence >= percent / 100]
        well = sum(one.right is True for one in kept)
        if percent / 100 <= playbook.when.min_confidence or len(kept) == len(runs):
            continue
        if len(kept) < FEWEST_KEPT or well < helped * (1 - MOST_LOST):
            return None
        if well / len(kept) >= wanted:
            return percent
    return None


def _adjustment(playbook: Playbook, figure: AdjustedFigure, value: int, month: PastMonth) -> Adjustment:
    return Adjustment(playbook=playbook.name, figure=figure, base=playbook.digest, value=value, at=month.now)


def find(readers: Readers, month: PastMonth) -> Sequence[Improvement]:
    """Replay the incidents of each playbook that fails too often with each adjustment, the mildest first."""
    known = readers.adjustments()
    lately = {one.playbook for one in known if one.value or (month.now - one.at).days < NOT_AGAIN_WITHIN_DAYS}
    found: dict[str, Improvement] = {}
    for one in candidates(month, readers.library(), lately):
        wanted = None if one.playbook in found else worth(month, one, readers.replayed(one))
        if wanted is not None:
            found[one.playbook] = wanted
    return [*found.values()]


def worth(month: PastMonth, adjustment: Adjustment, cases: ChangedCases) -> Improvement | None:
    """Return the proposal if the replay shows that it would have made a difference for the better."""
    helped, runs = _counts(month.episodes, adjustment.playbook)
    asks = adjustment.figure is AdjustedFigure.MODE
    left = runs - cases.avoided - cases.lost
    least = enough(month)
    predicted = least if asks else (share(helped - cases.lost, left) or 0.0)
    if not cases.avoided or (not asks and (cases.lost > cases.avoided or predicted < least)):
        return None
    way = "would have waited for a person" if asks else "would not have been acted on by it"
    why = (
        f"{adjustment.words} for {adjustment.playbook}, which helped in {helped} of {runs} runs: of {cases.replayed} "
        f"replayed incidents, {cases.avoided} that it did not heal and {cases.lost} that it healed {way}"
    )
    return Improvement(
        kind=DEFINITION.name, subject=adjustment.playbook, change=adjustment.words,
        content={"figure": adjustment.figure.value, "value": adjustment.value},
        version=f"{adjustment.figure}={adjustment.value}", base=adjustment.base, why=why,
        before=share(helped, runs) or 0.0, predicted=predicted, replayed=cases.replayed, avoided=cases.avoided,
        lost=cases.lost, proposed_at=month.now, moved_at=month.now,
    )  # fmt: skip


def offer(one: Improvement) -> Adjustment:
    """Return the figure that may be set from now on."""
    return Adjustment(playbook=one.subject, figure=_figure(one), base=one.base, at=one.moved_at)


def putting(one: Improvement) -> ReadyPlan:
    """Return the plan that puts it into force. A person approves it, because it changes what people wrote."""
    name, value = plan_name(f"adjust_{one.subject}"), _value(one)
    return setting_plan(name, _limit(one), value, one.why[:LONGEST_REASON], instead_of=UNSET, mode=Mode.REVIEW)


def back(one: Improvement, reason: str) -> ReadyPlan:
    """Return the plan after which the playbook is as its file says."""
    name = plan_name(f"take_back_{one.subject}")
    return setting_plan(name, _limit(one), UNSET, reason[:LONGEST_REASON], instead_of=_value(one))


def measure(one: Improvement, month: PastMonth) -> MeasuredChange:
    """Compare how often the playbook helps since with before."""
    helped, runs = _counts(month.episodes, one.subject, since=one.in_force_at)
    return measured_share(one, helped, runs, month.now, what="runs helped")


def _counts(episodes: Sequence[Episode], playbook: str, *, since: datetime | None = None) -> tuple[int, int]:
    """Return how many runs of a playbook helped, and how many there were that say so."""
    clear = [
        one.ending
        for one in episodes
        if one.playbook == playbook and one.ending in _CLEAR and (since is None or one.at >= since)
    ]
    return clear.count(Ending.VERIFIED), len(clear)


def _figure(one: Improvement) -> AdjustedFigure:
    return AdjustedFigure(str(one.content["figure"]))


def _value(one: Improvement) -> int:
    value = one.content["value"]
    return value if isinstance(value, int) else UNSET


def _limit(one: Improvement) -> str:
    return f"{one.subject}.{_figure(one)}"


DEFINITION = ProposalKind(
    name="playbook",
    summary="A stricter figure of a playbook that fails too often: a higher confidence, or a person is asked.",
    measures="share of runs that help",
    find=find,
    offer=offer,
    putting=putting,
    back=back,
    measure=measure,
)
