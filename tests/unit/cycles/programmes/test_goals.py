from datetime import UTC, datetime, timedelta

from grace_workers.cycles import ChangeKind
from grace_workers.cycles.goals import STARTERS
from grace_workers.cycles.outcome_count import FleetRecord, OutcomeCount
from grace_workers.cycles.programmes.goals import DEFINITION, GoalLook

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def look(**counts: int) -> GoalLook:
    outcomes = [OutcomeCount(at=NOW - DAY * n, **counts) for n in range(40, -1, -1)]
    return GoalLook(goals=STARTERS, record=FleetRecord(outcomes=outcomes))


def test_a_goal_off_track_is_a_finding_with_what_to_do() -> None:
    found = DEFINITION.judge(look(verified=5, missed=5), None, NOW)
    assert found.findings is not None
    (one,) = found.findings
    assert one.key == "missed:healing_success"
    assert one.title.startswith("goal healing_success is off track: 0.5 of at least 0.9; a chance of 0%")
    assert one.figures == {"value": 0.5, "objective": 0.9, "outcomes": 300.0}
    assert one.proposal is not None
    assert (one.proposal.change, one.proposal.expected) == (ChangeKind.PLAYBOOK, {"value": 0.9})
    assert found.result["off_track"] == 1


def test_a_goal_that_is_surely_met_could_be_harder() -> None:
    found = DEFINITION.judge(look(verified=99, missed=1), None, NOW)
    assert found.findings is not None
    (one,) = found.findings
    assert one.key == "harder:healing_success"
    assert one.proposal is not None
    assert 0.9 < one.proposal.expected["objective"] < 0.99


def test_nothing_is_found_where_nothing_happened() -> None:
    found = DEFINITION.judge(GoalLook(goals=STARTERS, record=FleetRecord(outcomes=())), None, NOW)
    assert (found.findings, found.result["unknown"]) == ([], 5)


def test_an_indicator_that_no_goal_watches_is_found_with_its_trend_and_remembered() -> None:
    without = [one for one in STARTERS if one.name != "healing_success"]
    outcomes = [OutcomeCount(at=NOW - DAY * n, verified=60 + n, missed=40 - n) for n in range(40, -1, -1)]
    found = DEFINITION.judge(GoalLook(goals=without, record=FleetRecord(outcomes=outcomes)), None, NOW)
    assert found.findings is not None
    (one,) = found.findings
    assert (one.key, one.proposal.what if one.proposal else "") == (
        "wanted:healing_success",
        "make a goal of at least 0.74",
    )
    assert isinstance(found.memory, dict)
    assert "trend:healing_success" in found.memory
