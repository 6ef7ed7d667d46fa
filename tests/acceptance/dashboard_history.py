"""A month of a fleet's past for the pages that look back, written as its own cycles write it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from grace_workers.cycles import Improvement, ImprovementMemory, ImprovementState, goals_in_force
from grace_workers.cycles.goals import IndicatorKind, Measured, budget_of
from grace_workers.cycles.goals.evaluation import evaluate
from grace_workers.cycles.goals.standing import dumped
from grace_workers.cycles.tuning import SeenBlock, SeenBlocks, Tried, TuningMemory, UnderTest
from grace_workers.foundation.ids import IncidentId, PlanId, TargetName, uuid7
from grace_workers.learning import Ending, Precedent
from grace_workers.orchestration import goals
from grace_workers.orchestration.dossier import Closing
from grace_workers.orchestration.stores.goals import GoalStore
from grace_workers.orchestration.stores.precedents import PrecedentStore
from grace_workers.signals import IncidentState
from tests.acceptance.dashboard_world import DashboardWorld

DAY = timedelta(days=1)
_SHARES = {"healing_success": 0.93, "autonomy": 0.78, "coverage": 0.84, "prompt_response": 0.99, "nights": 0.6}

_HARDER = {
    "kind": "goal", "subject": "coverage.from_0.8", "change": "coverage at least 0.83 instead of 0.8",
    "content": {
        "name": "coverage", "indicator": "coverage", "objective": 0.83, "days": 30, "owner": "grace", "instead_of": 0.8,
    },
    "why": "goal coverage is met with 0.86 of at least 0.8, and the forecast never falls below 0.83 with 97.5 % "
    "certainty; so it asks for nothing any more",
}  # fmt: skip


def remember(world: DashboardWorld) -> None:
    """Write precedents, evaluate the goals on a month of days (one with a spent error budget), and run a few cycles."""
    runtime = world.api.runtime
    wanted = {"name": "nights", "indicator": "healing_success", "objective": 0.9, "days": 30, "budgeted": True}
    assert world.api.post("/api/v1/goals", wanted).status_code == 201
    # Not the optimiser, whose search takes a minute of a processor.
    for name in ("error_budgets", "goals", "snapshots", "telemetry"):
        assert world.api.post(f"/api/v1/cycles/{name}/run").status_code == 202
    world.work()
    world.code_task("tests/test_orders.py fails since release 42")
    now = runtime.clock.now()
    _teach(world, now)
    _close(world, now)
    with runtime.ledger.transaction() as tx:
        known = {one.name: one for one in goals_in_force(tx[GoalStore].stored(), [])}
    # Nothing is computed in a transaction, because the database ends one that is idle for long.
    measured = {name: _days(known[name].name, share, now) for name, share in _SHARES.items()}
    standing = {
        name: dumped(evaluate(known[name], IndicatorKind.SHARE, days, now, {})) for name, days in measured.items()
    }
    budget = dumped(budget_of(known["nights"], measured["nights"], measured["nights"], now))
    with runtime.ledger.transaction() as tx:
        tx.cycle_states.write(f"cycle.{goals.EVALUATING}", standing, now)
        tx.cycle_states.write(f"cycle.{goals.BUDGETING}", {"budgets": {"nights": budget}}, now)
        tx.cycle_states.write("cycle.optimiser", _experiments(now).model_dump(mode="json"), now)
        tx.cycle_states.write("cycle.improvement", _improvements(now).model_dump(mode="json"), now)


def _experiments(now: datetime) -> TuningMemory:
    """Return an experiment that runs, one that was confirmed and one that did harm."""
    blocks = tuple(SeenBlock(other=at % 2 == 1, seconds=0.4 + at * 7 % 5 / 50 - at % 2 / 10) for at in range(18))
    sure, harm = SeenBlocks(blocks=blocks, gain=0.17, low=0.06, high=0.28), SeenBlocks(gain=-0.21, low=-0.4, high=-0.05)
    begun = SeenBlocks(blocks=blocks[:7], gain=0.02, low=-0.2, high=0.25)
    pairs = [{"lever": "relay_batch", "present": a, "other": b} for a, b in ((500, 750), (500, 333), (750, 1000))]
    return TuningMemory(
        running=UnderTest(**pairs[2], why="the next value in the search", began=now - DAY / 8, seen=begun),
        tried=(
            Tried(**pairs[1], at=now - 9 * DAY, end="the other setting is surely worse", gain=-0.21, seen=harm),
            Tried(**pairs[0], at=now - DAY, end="promoted", gain=0.17, promoted=True, began=now - 2 * DAY, seen=sure),
        ),
    )


def _improvements(now: datetime) -> ImprovementMemory:
    """Return an improvement of each kind that is in force or waits, and one that was taken back."""
    one = Improvement(
        kind="playbook", subject="restart_dead_service", change="min_confidence: 0.70",
        content={"figure": "min_confidence", "value": 70}, version="min_confidence=70", base="0" * 64,
        why="min_confidence: 0.70 for restart_dead_service, which helped in 18 of 31 runs: of 31 replayed incidents, "
        "11 that it did not heal and 1 that it healed would not have been acted on by it",
        before=0.58, predicted=0.91, replayed=31, avoided=11, lost=1,
        proposed_at=now - 6 * DAY, state=ImprovementState.IN_FORCE, moved_at=now - 5 * DAY,
        in_force_at=now - 5 * DAY, seen=9, since=0.889,
        told="min_confidence: 0.70 is in force for restart_dead_service",
    )  # fmt: skip
    over = one.model_copy(
        update={
            "subject": "reindex_bloated_index", "change": "mode: review", "version": "mode=1", "since": 0.4,
            "seen": 10, "state": ImprovementState.TAKEN_BACK, "moved_at": now - DAY,
            "told": "it did not help: 4 of 10 runs helped since, 58% did before, and 85% was predicted",
        }
    )  # fmt: skip
    return ImprovementMemory(open=(one, *_of_other_kinds(one)), past=(over,))


def _of_other_kinds(one: Improvement) -> Sequence[Improvement]:
    waits = {"state": ImprovementState.PROPOSED, "in_force_at": None, "since": None, "seen": 0}
    told = {"told": "its plan is submitted", "before": 0.0, **waits}
    hold = {"trigger": "heartbeat_stall", "target": "shop-web", "seconds": 120}
    named = {"label": "instance", "value": "shop-web:9100", "target": "shop-web"}
    watched = {"check": "process_memory_mib", "target": "shop-web", "bound": 800, "at_least": True, "cause": "memory"}
    learned = {"name": "learned_poolfull", "alerts": ["PoolFull"], "file": "name: learned_poolfull\nsummary: full\n"}
    repair = {"code": "shop-code", "error": "zero~1", "incident": str(uuid7()), "service": "shop-web"}
    changes: Sequence[dict[str, Any]] = [
        _HARDER,
        {
            "kind": "threshold", "subject": "heartbeat_stall.shop-web", "change": "told after 2 min", "content": hold,
            "why": "heartbeat_stall on shop-web came and went by itself 14 times in 30 days; told after 2 min, 13 of "
            "those would not have been told, and 1 that did not end by itself would have been told that much later",
            "before": 0.0, "since": 0.92, "seen": 12, "told": "told after 2 min is in force",
        },
        {
            "kind": "alias", "subject": "shop-web.1c2f9a70", "content": named,
            "change": "instance=shop-web:9100 means shop-web",
            "why": "12 signals of the last 30 days had instance=shop-web:9100 and named no declared target",
        },
        {
            "kind": "probe", "subject": "process_memory_mib.shop-web", "content": watched,
            "change": "process_memory_mib >= 800 raises a signal",
            "why": "memory_leak on shop-web was told from outside 9 times in 30 days, and by no trigger of ours",
        },
        {
            "kind": "cause", "subject": "learned_poolfull", "content": learned,
            "change": "a cause for incidents that have none",
            "why": "6 incidents without a cause showed almost the same",
        },
        {
            "kind": "coding_task", "subject": "shop-code.5d41402a", "content": {**repair, "job": str(uuid7())},
            "change": "a patch for ZeroDivisionError at shop.cart:receipt", "before": 4.97, "predicted": 0.5,
            "why": "ZeroDivisionError at shop.cart:receipt of shop-code came 6 times in seven days: 3 passed, and 3 "
            "were ended, but the code stayed as it is",
        },
    ]  # fmt: skip
    return [one.model_copy(update={**(told if "since" not in each else {}), **each}) for each in changes]


def _teach(world: DashboardWorld, now: datetime) -> None:
    """Write precedents: the surer the diagnosis, the oftener it was right, and one problem came back."""
    with world.api.runtime.ledger.transaction() as tx:
        for number in range(24):
            sure = 0.35 + number % 6 / 10
            right = number * 7 % 10 < sure * 10
            tx[PrecedentStore].put(
                Precedent(
                    plan=PlanId(uuid7()),
                    incident=IncidentId(uuid7()),
                    at=now - number * DAY,
                    signature=f"slow~{number % 5}",
                    cause=("latency_regression", "process_down", "table_bloat")[number % 3],
                    target=TargetName("shop-web"),
                    complaining=None,
                    playbook=("restart_dead_service", "reindex_bloated_index")[number % 2],
                    engine="rules",
                    measured=True,
                    confidence=sure,
                    ending=Ending.VERIFIED if right else Ending.INEFFECTIVE,
                    stayed=86_400.0 if right else 0.0,
                    recurred=number == 20,
                )
            )


def _close(world: DashboardWorld, now: datetime) -> None:
    """Write closed incidents of a month: more from week to week are healed."""
    with world.api.runtime.ledger.transaction() as tx:
        known = next(one for one in tx.incidents.find(limit=100) if one.plan is not None)
        found = []
        for number in range(90):
            opened = now - timedelta(hours=8 * number + 30)
            healed = number % 9 > number // 30
            changed = replace(
                known.incident,
                id=IncidentId(_id_of(opened, number)),
                state=IncidentState.CLOSED,
                opened_at=opened,
                part_of=None,
                parked=False,
            )
            found.append(replace(known, incident=changed, closing=Closing.HEALED if healed else Closing.ESCALATED))
        tx.incidents.add_all(found)


def _id_of(at: datetime, number: int) -> UUID:
    """Return the id that an incident of that time would have: its first 48 bits are milliseconds."""
    return UUID(int=(int(at.timestamp() * 1000) << 80) | (7 << 76) | (2 << 62) | number)


def _days(name: str, share: float, now: datetime) -> Sequence[Measured]:
    """Return days around a share; they rise a little, and no two are alike."""
    found = []
    for ago in range(44, -1, -1):
        wave = ((ago * 37 + len(name) * 11) % 17 - 8) / 100
        good = min(1.0, max(0.0, share + wave + (22 - ago) / 400))
        found.append(Measured(at=now - ago * DAY, good=good * 40, total=40.0))
    return found
