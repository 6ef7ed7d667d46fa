"""The goals as people see and set them: list, show, make, end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from grace_workers.audit import Entry
from grace_workers.cycles import GOAL, ErrorBudget, Goal, GoalEvaluation, checked_goal, goals_in_force, standing_of
from grace_workers.foundation.clock import Clock
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import InputError, NotFoundError
from grace_workers.orchestration.cycles import run_in
from grace_workers.orchestration.stores import LineLedger, LineTransaction
from grace_workers.orchestration.stores.goals import GoalStore
from grace_workers.orchestration.work.fleet_changes import changes_in_force

EVALUATING, BUDGETING = "goals", "error_budgets"


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalStanding:
    """A goal, how it stood when it was last evaluated, and its error budget if it has one."""

    goal: Goal
    evaluation: GoalEvaluation | None
    budget: ErrorBudget | None


def goals(ledger: LineLedger) -> Sequence[GoalStanding]:
    """Return the goals in force, by name."""
    with ledger.transaction() as tx:
        known = _in_force(tx)
        evaluations = _mapping(tx.cycle_states.read(f"cycle.{EVALUATING}"))
        budgets = _mapping(_mapping(tx.cycle_states.read(f"cycle.{BUDGETING}")).get("budgets"))
    return [
        GoalStanding(
            goal=one,
            evaluation=standing_of(GoalEvaluation, evaluations.get(one.name)),
            budget=standing_of(ErrorBudget, budgets.get(one.name)) if one.budgeted else None,
        )
        for one in known
    ]


def goal(ledger: LineLedger, name: str) -> GoalStanding:
    """Return one goal in force. Raises NotFoundError."""
    known = goals(ledger)
    found = next((one for one in known if one.goal.name == name), None)
    if found is None:
        raise _unknown(name, [one.goal for one in known])
    return found


def make(ledger: LineLedger, clock: Clock, wanted: Goal, *, by: str) -> Goal:
    """Keep a new goal and have all evaluated.

    Raises:
        InputError: a value does not fit, or goals would need each other.
        ConflictError: there is a goal of this name.
    """
    new = replace(wanted, made_at=clock.now(), by=by, ended_at=None)
    with ledger.transaction() as tx:
        tx[GoalStore].lock()
        tx[GoalStore].save(checked_goal(new, _in_force(tx)))
        _record(tx, new, "made", by=by, reason="")
        run_in(tx, EVALUATING, by=by)
    return new


def end(ledger: LineLedger, clock: Clock, name: str, *, by: str, reason: str) -> Goal:
    """End a goal.

    Raises:
        NotFoundError: no goal of this name is in force.
        InputError: no reason was given, or another goal needs it.
    """
    if not reason.strip():
        raise InputError("ending a goal needs a reason; give one that others can act on")
    with ledger.transaction() as tx:
        tx[GoalStore].lock()
        known = {one.name: one for one in _in_force(tx)}
        if name not in known:
            raise _unknown(name, list(known.values()))
        needing = sorted(one.name for one in known.values() if name in one.needs)
        if needing:
            raise InputError(f"goal {name!r} is needed by {', '.join(needing)}; end that first")
        ended = replace(known[name], ended_at=clock.now())
        tx[GoalStore].save(ended)
        _record(tx, ended, "ended", by=by, reason=reason)
        run_in(tx, EVALUATING, by=by)
    return ended


def _in_force(tx: LineTransaction) -> Sequence[Goal]:
    return goals_in_force(tx[GoalStore].stored(), changes_in_force(tx, GOAL))


def _unknown(name: str, known: Sequence[Goal]) -> NotFoundError:
    return NotFoundError(f"unknown goal {name[:80]!r}; known: {', '.join(one.name for one in known) or 'none'}")


def _mapping(document: JsonValue) -> Mapping[str, JsonValue]:
    return document if isinstance(document, Mapping) else {}


def _record(tx: LineTransaction, goal: Goal, outcome: str, *, by: str, reason: str) -> None:
    data: dict[str, JsonValue] = {
        "indicator": goal.indicator,
        "objective": goal.objective,
        "days": goal.window.days,
        "owner": goal.owner,
        "needs": list(goal.needs),
        "budgeted": goal.budgeted,
        "reason": reason,
    }
    at = goal.ended_at or goal.made_at
    tx.audit.append(
        Entry(at=at, actor=by, action=f"goal.{outcome}", subject=f"goal:{goal.name}", outcome=outcome, data=data)
    )
