from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from grace_workers.cycles.goals import Goal
from grace_workers.cycles.outcome_count import FleetRecord, OutcomeCount
from grace_workers.cycles.programmes.error_budgets import DEFINITION, BudgetLook
from grace_workers.foundation.ids import TargetName
from grace_workers.signals import Severity, SignalStatus

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
GOAL = Goal(
    name="heal",
    indicator="healing_success",
    objective=0.9,
    window=timedelta(days=30),
    owner="ann",
    budgeted=True,
)


def look(missed: int, goals: Sequence[Goal] = (GOAL,), kernel: str = "grace.here.governance") -> BudgetLook:
    record = FleetRecord(outcomes=[OutcomeCount(at=NOW - timedelta(minutes=4), verified=2, missed=missed)])
    return BudgetLook(goals=goals, days=record, recent=record, kernel=TargetName(kernel))


def test_a_budget_that_burns_is_raised_once_and_ended_under_the_same_target() -> None:
    first = DEFINITION.judge(look(20), None, NOW)
    again = DEFINITION.judge(look(20), first.memory, NOW)
    over = DEFINITION.judge(look(0, kernel="grace.there.governance"), again.memory, NOW)
    (raised,), (ended,) = first.signals, over.signals
    assert again.signals == []
    assert (raised.severity, raised.status, ended.status) == (
        Severity.ERROR,
        SignalStatus.FIRING,
        SignalStatus.RESOLVED,
    )
    assert (raised.target, raised.signature) == (ended.target, ended.signature)
    assert raised.summary.startswith("the error budget of goal heal burns 9.09 times too fast over")


def test_a_spent_budget_is_a_finding_and_one_that_was_given_up_ends_its_signal() -> None:
    spent = DEFINITION.judge(look(20), None, NOW)
    assert spent.findings is not None
    assert [one.key for one in spent.findings] == ["spent:heal"]
    gone = DEFINITION.judge(look(20, goals=()), spent.memory, NOW)
    assert [one.status for one in gone.signals] == [SignalStatus.RESOLVED]
    assert gone.findings == []


def test_without_budgets_nothing_is_read() -> None:
    class Nothing:
        def goals(self) -> Sequence[Goal]:
            return ()

        def kernel(self, name: str) -> TargetName:
            return TargetName(f"grace.here.{name}")

    assert DEFINITION.read(Nothing()).recent == FleetRecord(outcomes=())  # type: ignore[arg-type]
