"""Each weak spot: a month that shows it, and one that does not."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from grace_workers.cycles.goals import Goal, GoalEvaluation, GoalState
from grace_workers.cycles.improvements.look import ImprovementLook
from grace_workers.cycles.outcome_count import OutcomeCount
from grace_workers.cycles.programmes.improvement import DEFINITION, declared_weak_spots
from grace_workers.cycles.weak_spot import PastMonth, PastProblem, RaisedError, UnexplainedProblem, Vanished
from grace_workers.foundation.ids import IncidentId, PlanId, TargetName, uuid7
from grace_workers.learning import Ending, Episode, Precedent
from tests.builders import DATABASE, WEB

NOW = datetime(2026, 6, 30, tzinfo=UTC)
DAY = timedelta(days=1)


def episodes(ending: Ending, count: int, **changes: Any) -> Sequence[Episode]:
    given: dict[str, Any] = {
        "playbook": "cure",
        "playbook_digest": "0" * 64,
        "signature": "ill~1",
        "cause": "illness",
        "target": WEB,
        "restored": None,
        "seconds": 1.0,
        "at": NOW - DAY,
    }
    return [Episode(incident=IncidentId(uuid7()), ending=ending, **{**given, **changes}) for _ in range(count)]


def precedents(confidence: float, right: int, wrong: int) -> Sequence[Precedent]:
    endings = [Ending.VERIFIED] * right + [Ending.FAILED] * wrong
    return [
        Precedent(
            plan=PlanId(uuid7()),
            incident=IncidentId(uuid7()),
            at=NOW - DAY,
            signature="ill~1",
            cause="illness",
            target=WEB,
            complaining=None,
            playbook="cure",
            engine="rules",
            measured=False,
            confidence=confidence,
            ending=ending,
        )
        for ending in endings
    ]


MONTH = PastMonth(now=NOW)
NIGHTS = Goal(name="nights", indicator="healing_success", objective=0.95, window=30 * DAY, owner="ann")
AT_RISK = GoalEvaluation(state=GoalState.AT_RISK, reason="it falls", at=NOW, value=0.9)
GOOD, BAD = Ending.VERIFIED, Ending.FAILED


def errors(count: int, *, key: str = "zero~1", at: datetime = NOW - DAY, **how: bool) -> list[PastProblem]:
    """Return as many incidents of an error of the shop's code, an hour apart."""
    return [
        PastProblem(
            source="sentry", name="ZeroDivisionError", target=WEB, at=at - timedelta(hours=number),
            lasted=timedelta(minutes=5), by_itself=number % 2 == 0,
            error=RaisedError(
                code=TargetName("shop-code"), key=key, exception="ZeroDivisionError", place="shop.cart:receipt",
                incident=IncidentId(uuid7()), handed=how.get("handed", False), service=WEB,
            ),
        )
        for number in range(count)
    ]  # fmt: skip


def cluster(incidents: int, *, last_at: datetime = NOW, named: int = 5, beside: int = 0) -> UnexplainedProblem:
    """Return a cluster of incidents without a cause."""
    return UnexplainedProblem(
        name="learned_poolfull", version="v" * 64, file="name: learned_poolfull\n", alerts=["PoolFull"],
        incidents=incidents, last_at=last_at, named=named, beside=beside,
    )  # fmt: skip


def runs(count: int) -> list[Episode]:
    """Return as many runs of one playbook, against three causes in turn."""
    return [episodes(GOOD, 1, cause=f"cause_{number % 3}")[0] for number in range(count)]


CASES: dict[str, tuple[PastMonth, str, PastMonth]] = {
    "low_success": (
        replace(MONTH, episodes=[*episodes(GOOD, 6), *episodes(BAD, 6)]),
        "playbook cure helped in 6 of 12 runs",
        # One failure in four may be chance.
        replace(MONTH, episodes=[*episodes(GOOD, 3), *episodes(BAD, 1), *episodes(Ending.INCONCLUSIVE, 9)]),
    ),
    "idle_expectations": (
        replace(MONTH, episodes=[*episodes(GOOD, 2), *episodes(Ending.INEFFECTIVE, 4)]),
        "in 4 of 6 runs, cure changed nothing that it expects",
        replace(MONTH, episodes=[*episodes(GOOD, 4), *episodes(Ending.INEFFECTIVE, 4)]),
    ),
    "low_confidence": (
        replace(MONTH, precedents=precedents(0.5, 20, 0)),
        "illness was right 20 of 20 times, with a mean confidence of 50%",
        replace(MONTH, precedents=precedents(0.5, 10, 10)),
    ),
    "recurring": (
        replace(MONTH, episodes=episodes(GOOD, 5)),
        "illness on web was healed 5 times in seven days",
        replace(
            MONTH,
            episodes=[*episodes(GOOD, 4), *episodes(GOOD, 4, target=DATABASE), *episodes(GOOD, 4, at=NOW - 9 * DAY)],
        ),
    ),
    "recurring_errors": (
        replace(MONTH, problems=errors(5)),
        "ZeroDivisionError at shop.cart:receipt of shop-code came 5 times in seven days",
        replace(MONTH, problems=[*errors(4), *errors(4, key="other"), *errors(4, at=NOW - 9 * DAY)]),
    ),
    "unexplained": (
        replace(MONTH, unexplained=[cluster(5)]),
        "5 incidents without a cause showed almost the same: PoolFull",
        replace(MONTH, unexplained=[cluster(4), cluster(9, last_at=NOW - 31 * DAY)]),
    ),
    "low_autonomy": (
        replace(MONTH, days=[OutcomeCount(at=NOW, incidents=40, alone=20, planned=25)]),
        "20 of 40 incidents ended without a person",
        replace(MONTH, days=[OutcomeCount(at=NOW, incidents=10, alone=2, planned=5)]),
    ),
    "never_fired": (
        replace(MONTH, enabled=["cure", "pill"], ran=frozenset({"cure"}), since=NOW - 91 * DAY),
        "1 of 2 enabled playbooks never ran: pill",
        replace(MONTH, enabled=["cure", "pill"], ran=frozenset({"cure"}), since=NOW - 89 * DAY),
    ),
    "always_fired": (
        replace(MONTH, enabled=[*"abcde"], episodes=[*runs(21), *episodes(GOOD, 1, playbook="pill")]),
        "21 of 22 runs were of cure, against 3 causes",
        replace(MONTH, enabled=[*"abcde"], episodes=[*runs(21), *episodes(GOOD, 3, playbook="pill")]),
    ),
    "unmatched_signals": (
        replace(MONTH, unmatched={"DiskFull": 10, "Odd": 9}),
        "10 signals DiskFull named no declared target",
        replace(MONTH, unmatched={"DiskFull": 9}),
    ),
    "flapping": (
        replace(MONTH, vanished=[Vanished(target=WEB, signature="slow~1", at=NOW)] * 6),
        "slow~1 on web came and went 6 times in a day",
        replace(MONTH, vanished=[Vanished(target=WEB, signature="slow~1", at=NOW - n * DAY) for n in range(8)]),
    ),
    "missed_goals": (
        replace(MONTH, goals=[NIGHTS], standings={"nights": AT_RISK}),
        "goal nights will hardly be met: it falls",
        replace(MONTH, goals=[replace(NIGHTS, made_at=NOW + DAY)], standings={"nights": AT_RISK}),
    ),
    "long_waits": (
        replace(MONTH, waits={"cure": [60.0, 5400.0, 9000.0]}),
        "plans of cure waited 90 min for a person (median of 3)",
        replace(MONTH, waits={"cure": [60.0, 120.0, 9000.0], "pill": [9000.0]}),
    ),
}


@pytest.mark.parametrize("name", declared_weak_spots().names)
def test_a_weak_spot_shows_with_figures_and_a_proposal_and_only_where_it_is(name: str) -> None:
    shows, title, does_not = CASES[name]
    spot = declared_weak_spots()[name]
    (found,) = spot.find(shows)
    assert found.title == title
    assert found.key.partition(":")[0] == name
    assert found.proposal is not None
    assert set(found.proposal.expected) <= set(found.figures)
    assert list(spot.find(does_not)) == []
    assert spot.summary.endswith(".")


def test_the_cycle_finds_all_that_show_and_counts_them_by_kind() -> None:
    month = replace(MONTH, unmatched={"DiskFull": 12, "DiskSlow": 12}, waits={"cure": [9000.0] * 3})
    found = DEFINITION.judge(ImprovementLook(month=month), None, NOW)
    assert found.findings is not None
    assert {one.key for one in found.findings} == {
        "unmatched_signals:DiskFull",
        "unmatched_signals:DiskSlow",
        "long_waits:cure",
    }
    assert found.result == {"episodes": 0, "findings": 3, "unmatched_signals": 2, "long_waits": 1}


def test_a_fleet_without_a_record_has_no_weak_spot() -> None:
    assert DEFINITION.judge(ImprovementLook(month=MONTH), None, NOW).findings == []


@pytest.mark.parametrize("objective", [0.95, 0.999])
def test_playbooks_are_held_to_a_goal_that_is_missed_but_not_so_that_one_failure_counts(objective: float) -> None:
    spot = declared_weak_spots()["low_success"]
    usual = replace(MONTH, episodes=[*episodes(GOOD, 34), *episodes(BAD, 6)])
    assert list(spot.find(usual)) == []
    missed = replace(usual, goals=[replace(NIGHTS, objective=objective)], standings={"nights": AT_RISK})
    (found,) = spot.find(missed)
    assert found.title == "playbook cure helped in 34 of 40 runs"
    assert found.proposal is not None
    assert found.proposal.expected == {"success": 0.95}
    once = replace(missed, episodes=[*episodes(GOOD, 19), *episodes(BAD, 1)])
    assert list(spot.find(once)) == []
