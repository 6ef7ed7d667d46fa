"""A stricter figure of a playbook: what may be set, the plans, and what is proposed of several figures."""

from datetime import UTC, datetime

from grace_workers.cycles import PastMonth
from grace_workers.cycles.improvements.improvement import ChangedCases
from grace_workers.cycles.improvements.kinds.playbook import DEFINITION, worth
from grace_workers.playbooks import AdjustedFigure, Adjustment, Mode
from tests.unit.cycles.improvements.test_step import LIBRARY, MONTH

NOW = datetime(2026, 6, 30, tzinfo=UTC)


class Record:
    """Readers of a playbook that fails too often, and of what a replay shows of each figure."""

    def __init__(self, **avoided: int) -> None:
        self._avoided = avoided
        self.replays: list[str] = []

    def adjustments(self) -> list[Adjustment]:
        return []

    def library(self) -> object:
        return LIBRARY

    def replayed(self, adjustment: Adjustment) -> ChangedCases:
        self.replays.append(adjustment.figure.value)
        return ChangedCases(replayed=18, avoided=self._avoided[adjustment.figure.value], lost=0)


def test_the_mildest_figure_that_a_replay_speaks_for_is_the_only_one_proposed() -> None:
    record = Record(min_confidence=7, mode=8)
    assert [one.change for one in DEFINITION.find(record, MONTH)] == ["min_confidence: 0.55"]
    assert record.replays == ["min_confidence"]
    assert [one.change for one in DEFINITION.find(Record(min_confidence=0, mode=8), MONTH)] == ["mode: review"]
    assert DEFINITION.find(Record(min_confidence=0, mode=0), MONTH) == []


def test_what_is_offered_is_for_the_content_of_the_file_and_the_plans_touch_nothing_else() -> None:
    asks = Adjustment(playbook="cure", figure=AdjustedFigure.MODE, base="b", value=1, at=NOW)
    one = worth(PastMonth(now=NOW), asks, ChangedCases(replayed=9, avoided=5, lost=4))
    assert one is not None
    offered = DEFINITION.offer(one)
    assert isinstance(offered, Adjustment)
    assert (offered.name, offered.base, offered.value) == ("cure.mode", "b", 0)
    put, back = DEFINITION.putting(one), DEFINITION.back(one, "the file is better")
    assert (put.mode, put.steps[0].params) == (Mode.REVIEW, {"limit": "cure.mode", "value": 1, "instead_of": 0})
    assert (back.mode, back.steps[0].params) == (None, {"limit": "cure.mode", "value": 0, "instead_of": 1})
