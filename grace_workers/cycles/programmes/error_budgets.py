"""Every 5 min: raises a signal for each goal with an error budget that burns too fast (L5).

While a budget is spent, plans wait for a person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from grace_workers.cycles.cycle import Cycle, Found, Readers
from grace_workers.cycles.finding import ChangeKind, Finding, ProposedChange
from grace_workers.cycles.goals import LONGEST_BURN, ErrorBudget, Goal, budget_of, declared_indicators
from grace_workers.cycles.goals.standing import dumped
from grace_workers.cycles.outcome_count import FleetRecord
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.ids import TargetName
from grace_workers.signals import Severity, Signal, SignalStatus, sign

_NAME = "ErrorBudgetBurning"
SLICE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetLook:
    """The goals that have a budget, the record of their windows by days and of the newest days by minutes."""

    goals: Sequence[Goal]
    days: FleetRecord
    recent: FleetRecord
    kernel: TargetName


def read(readers: Readers) -> BudgetLook:
    """Read the goals and, if one of them has a budget, the record."""
    goals = [one for one in readers.goals() if one.budgeted]
    nothing = FleetRecord(outcomes=())
    longest = max((one.window for one in goals), default=timedelta(0))
    return BudgetLook(
        goals=goals,
        days=readers.record(longest, timedelta(days=1)) if goals else nothing,
        recent=readers.record(LONGEST_BURN, SLICE) if goals else nothing,
        kernel=readers.kernel("governance"),
    )


def judge(look: BudgetLook, before: JsonValue, now: datetime) -> Found:
    """Return the signals of budgets that begin to burn too fast or stop, and a finding for each that is spent."""
    raised = before.get("raised") if isinstance(before, Mapping) else None
    burning: dict[str, JsonValue] = dict(raised) if isinstance(raised, Mapping) else {}
    budgets = {goal.name: _budget(goal, look, now) for goal in look.goals}
    signals = []
    for name, budget in budgets.items():
        told = str(burning.get(name, look.kernel))
        if budget.burning is not None and name not in burning:
            burning[name] = told
            signals.append(_signal(name, budget, TargetName(told), SignalStatus.FIRING, now))
    for name in [name for name in burning if name not in budgets or budgets[name].burning is None]:
        over = budgets.get(name, ErrorBudget(allowed=0, failures=0, total=0, rates=()))
        signals.append(_signal(name, over, TargetName(str(burning.pop(name))), SignalStatus.RESOLVED, now))
    memory: dict[str, JsonValue] = {
        "raised": burning,
        "budgets": {name: dumped(one) for name, one in budgets.items()},
    }
    worst_first = sorted(budgets.items(), key=lambda each: each[1].allowed - each[1].failures)
    spent = {name: _spent(name, one) for name, one in worst_first if one.spent}
    result: dict[str, JsonValue] = {"budgets": len(budgets), "burning": len(burning), "spent": len(spent)}
    return Found(memory=memory, signals=signals, findings=list(spent.values()), spent=list(spent), result=result)


def _budget(goal: Goal, look: BudgetLook, now: datetime) -> ErrorBudget:
    measured = declared_indicators()[goal.indicator].read
    return budget_of(goal, measured(look.days), measured(look.recent), now)


def _spent(name: str, budget: ErrorBudget) -> Finding:
    what = "plans wait for a person until the budget has recovered; look at the runs that failed"
    return Finding(
        key=f"spent:{name}",
        title=f"the error budget of goal {name} is spent",
        figures={"failures": budget.failures, "allowed": round(budget.allowed, 3), "outcomes": budget.total},
        proposal=ProposedChange(change=ChangeKind.SETTING, what=what),
    )


def _signal(name: str, budget: ErrorBudget, target: TargetName, status: SignalStatus, now: datetime) -> Signal:
    rate = budget.burning
    urgent = rate is not None and rate.window.urgent
    told = "no longer burns too fast"
    if rate is not None:
        hours = rate.window.long.total_seconds() / 3600
        told = f"burns {rate.long:.3g} times too fast over {hours:g} h; {max(budget.left, 0):.0%} is left"
    return Signal(
        source="fleet",
        name=_NAME,
        target=target,
        severity=Severity.ERROR if urgent else Severity.WARNING,
        status=status,
        summary=f"the error budget of goal {name} {told}",
        labels={"goal": name},
        signature=sign(_NAME, labels={"goal": name}),
        delivery_key=f"budget:{name}:{status}:{now.isoformat()}",
        observed_at=now,
    )


DEFINITION = Cycle(
    name="error_budgets",
    summary="Raises a signal for each goal with an error budget that burns too fast, and finds those that are spent.",
    cadence=timedelta(minutes=5),
    read=read,
    judge=judge,
)
