"""Improvements on a real line: found in its record, approved by a person, in force, measured, and taken back."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from grace_workers.actions import Restartable
from grace_workers.cycles import ImprovementMemory, PastMonth, PastProblem, TellingReading
from grace_workers.cycles.improvements.improvement import ChangedCases
from grace_workers.cycles.improvements.kinds.alias import DEFINITION as ALIASES
from grace_workers.cycles.improvements.kinds.playbook import worth
from grace_workers.cycles.improvements.kinds.probe import DEFINITION as PROBES
from grace_workers.cycles.improvements.look import ImprovementLook
from grace_workers.cycles.improvements.standing import InForce
from grace_workers.cycles.improvements.step import improved
from grace_workers.foundation.catalog import Catalog
from grace_workers.foundation.ids import IncidentId, TargetName, uuid7
from grace_workers.governance import Role
from grace_workers.learning import Ending, Episode
from grace_workers.orchestration.dossier import Fate
from grace_workers.orchestration.work.cycle_readers import LineReaders
from grace_workers.orchestration.work.improvements import keep_improvement
from grace_workers.orchestration.work.intake import accept
from grace_workers.orchestration.work.plans import submit_plan
from grace_workers.orchestration.work.wishes import PlanTask
from grace_workers.playbooks import AdjustedFigure, Adjustment
from grace_workers.signals import Severity, Signal, SignalStatus, sign
from grace_workers.testing import FakeClock
from tests.acceptance.dashboard_world import DashboardWorld, dashboard_world
from tests.builders import episode, plan
from tests.waiting import until

pytestmark = [pytest.mark.servers, pytest.mark.fleet]
NAME, CYCLE = "restart_dead_service", "cycle:improvement"


@pytest.fixture
def world(database_url: str, broker_url: str, tmp_path: Path) -> Iterator[DashboardWorld]:
    with dashboard_world(database_url, broker_url, tmp_path / "api") as found:
        yield found


def propose(world: DashboardWorld) -> None:
    """Do what the cycle does when a replay speaks for a higher confidence."""
    runtime = world.api.runtime
    now, base = runtime.clock.now(), runtime.line.library()[NAME].digest
    runs = [
        Episode(
            incident=IncidentId(uuid7()), playbook=NAME, playbook_digest=base, signature="s", cause="process_down",
            target=TargetName("shop-web"), ending=ending, restored=None, seconds=1.0, at=now - timedelta(days=1),
        )
        for ending in [Ending.VERIFIED] * 10 + [Ending.FAILED] * 8
    ]  # fmt: skip
    wanted = Adjustment(playbook=NAME, figure=AdjustedFigure.MIN_CONFIDENCE, base=base, value=70, at=now)
    month = PastMonth(now=now, episodes=runs)
    proposal = worth(month, wanted, ChangedCases(replayed=18, avoided=8, lost=0))
    assert proposal is not None
    look = ImprovementLook(month=month, standing={proposal.key: InForce(base=base)}, wanted=[proposal])
    submit(world, look)


def submit(world: DashboardWorld, look: ImprovementLook) -> None:
    """Do what the cycle does after a look."""
    runtime, now = world.api.runtime, look.month.now
    found = improved(look, ImprovementMemory(), now)
    with runtime.ledger.transaction() as tx:
        tx.cycle_states.write("cycle.improvement", found.memory.model_dump(mode="json"), now)
        for one in found.moved:
            keep_improvement(tx, one, now, by=CYCLE)
        for plan in found.plans:
            submit_plan(tx, PlanTask(plan=plan), by=CYCLE)
    world.work()


def approve(world: DashboardWorld) -> None:
    """Let a person approve what waits."""
    (asked,) = world.api.get("/api/v1/approvals").json()
    order = {"approved": True, "reason": "it is shown"}
    answer = world.api.post(f"/api/v1/approvals/{asked['id']}", order, Role.APPROVER)
    assert answer.status_code == 200, answer.text
    world.work()


def runs_end(world: DashboardWorld, ending: Ending, count: int) -> None:
    """Let so many runs of the playbook end so, as the line records them."""
    runtime = world.api.runtime
    incident = IncidentId(UUID(world.api.get("/api/v1/incidents").json()[0]["id"]))
    for number in range(count):
        made = plan(incident=incident, playbook=NAME, target=TargetName(f"shop-{number}"))
        with runtime.ledger.transaction() as tx:
            tx.journal.begin(made, made.incident, runtime.clock.now())
            tx.journal.end(made.id, episode(made, runtime.clock, ending))


def state(world: DashboardWorld) -> str:
    """Let the cycle look, and return what became of the improvement."""
    assert world.api.post("/api/v1/cycles/improvement/run").status_code == 202
    world.work()
    found = world.api.get("/api/v1/improvements").json()
    (one,) = [*found["open"], *found["past"]]
    return str(one["state"])


def least_is(world: DashboardWorld, wanted: float) -> bool:
    """Wait until the line works with that confidence; a process reads adjustments once a second."""
    until(lambda: world.api.runtime.line.library()[NAME].when.min_confidence == wanted, within=10)
    return True


def test_a_person_puts_it_into_force_and_an_operator_takes_it_back(world: DashboardWorld) -> None:
    propose(world)
    assert least_is(world, 0.0)
    approve(world)
    assert least_is(world, 0.7)
    assert state(world) == "in_force"
    taken = world.api.post(f"/api/v1/improvements/{NAME}/withdraw", {"reason": "the file is better now"})
    assert taken.status_code == 202, taken.text
    world.work()
    assert least_is(world, 0.0)
    assert state(world) == "taken_back"
    again = world.api.post(f"/api/v1/improvements/{NAME}/withdraw", {"reason": "once more"})
    assert (again.status_code, again.json()["detail"].split(";")[0]) == (
        404,
        f"no improvement '{NAME}' is in force",
    )


def test_what_did_not_help_is_taken_back_by_the_fleet_itself(world: DashboardWorld) -> None:
    propose(world)
    approve(world)
    assert least_is(world, 0.7)
    assert state(world) == "in_force"
    runs_end(world, Ending.FAILED, 8)
    assert state(world) == "leaving"
    assert world.api.get("/api/v1/approvals").json() == []
    assert least_is(world, 0.0)
    assert state(world) == "taken_back"
    (over,) = world.api.get("/api/v1/improvements").json()["past"]
    assert over["told"].startswith("it did not help: 0 of 8 runs helped since")
    moved = [one["envelope"]["action"] for one in world.api.get("/api/v1/audit/entries?limit=200").json()]
    assert [one for one in moved if one.startswith("improvement.")][::-1] == [
        "improvement.proposed", "improvement.in_force", "improvement.leaving", "improvement.taken_back",
    ]  # fmt: skip


def problems(now: datetime) -> Sequence[PastProblem]:
    """Return what a trigger told that comes and goes by itself."""
    return [
        PastProblem(
            source="probe", name="heartbeat_stall", target=TargetName("shop-web"), at=now - timedelta(hours=number),
            lasted=timedelta(seconds=40), by_itself=True,
        )
        for number in range(1, 10)
    ]  # fmt: skip


def accepted_at(
    world: DashboardWorld, at: datetime, *, status: SignalStatus = SignalStatus.FIRING, **told: Any
) -> None:
    """Receive a signal about our own service, as it was received then."""
    signal = Signal(
        target=TargetName("shop-web"), severity=Severity.ERROR, status=status, summary="it is odd",
        delivery_key=f"{at.isoformat()}:{status}", observed_at=at, **told,
    )  # fmt: skip
    (receipt,) = accept(replace(world.api.runtime.intake, clock=FakeClock(at)), [signal], by="ann")
    assert receipt.incident is not None, receipt


def came_and_went(world: DashboardWorld, hours: Iterable[int]) -> None:
    """Let a condition that one of our own triggers tells come and go by itself, so many hours from now."""
    for hour in hours:
        at = world.api.runtime.clock.now() + timedelta(hours=hour)
        told = {"source": "probe", "name": "heartbeat_stall", "signature": sign("heartbeat_stall")}
        accepted_at(world, at, **told)
        accepted_at(world, at + timedelta(seconds=40), status=SignalStatus.RESOLVED, **told)


def held_back(world: DashboardWorld) -> dict[str, Any]:
    """Let the cycle find in the fleet's own record what comes and goes, and a person approve that it is told later."""
    came_and_went(world, range(-20, -1, 2))
    assert state(world) == "proposed"
    approve(world)
    assert state(world) == "in_force"
    (one,) = world.api.get("/api/v1/improvements").json()["open"]
    assert (one["key"], one["change"], one["avoided"]) == ("threshold:heartbeat_stall.shop-web", "told after 1 min", 10)
    return dict(one)


def test_the_cycle_finds_what_comes_and_goes_and_keeps_the_delay_by_which_it_is_not_told(world: DashboardWorld) -> None:
    runtime, web = world.api.runtime, TargetName("shop-web")
    runtime.line.world.role(web, Restartable).start()
    held_back(world)
    known = stalls(world)
    for _ in range(8):
        world.stop("shop-web")
        looked(world)
        looked(world)
        runtime.line.world.role(web, Restartable).start()
        looked(world)
    assert stalls(world) == known
    assert state(world) == "kept"
    (kept,) = world.api.get("/api/v1/improvements").json()["open"]
    assert kept["told"].startswith("it helped: 8 of 8 conditions that came and went were not told since, 0% did before")


def test_a_delay_in_spite_of_which_conditions_are_told_is_taken_back_by_the_fleet_itself(world: DashboardWorld) -> None:
    held_back(world)
    came_and_went(world, range(1, 19, 2))
    assert state(world) == "leaving"
    assert world.api.get("/api/v1/approvals").json() == []
    readers = LineReaders(line=world.api.runtime.line, triggers=world.api.runtime.catalogs.triggers)
    assert readers.changes("threshold") == []
    assert state(world) == "taken_back"
    (over,) = world.api.get("/api/v1/improvements").json()["past"]
    assert over["told"].startswith("it did not help: 0 of 9 conditions that came and went were not told since")


def test_incidents_that_no_cause_explains_get_one_that_the_cycle_found_once_a_person_approved_it(
    world: DashboardWorld,
) -> None:
    runtime = world.api.runtime
    runtime.line.world.role(TargetName("shop-web"), Restartable).start()
    for number in range(6):
        incident = world.signal(f"tide{number}", name="OddTide", summary="the tide of the shop has turned")
        world.work()
        closed = world.api.post(f"/api/v1/incidents/{incident}/close", {"reason": "the tide turned again"})
        assert closed.status_code == 200, closed.text
    assert state(world) == "proposed"
    approve(world)
    assert state(world) == "in_force"
    (one,) = world.api.get("/api/v1/improvements").json()["open"]
    assert (one["key"], one["avoided"], one["lost"]) == ("cause:learned_oddtide", 6, 0)
    until(lambda: "learned_oddtide" in runtime.line.causes(), within=10)
    incident = world.signal("tide", name="OddTide", summary="the tide of the shop has turned")
    world.work()
    found = world.api.get(f"/api/v1/incidents/{incident}").json()["diagnosis"]["hypotheses"]
    assert [one["cause"] for one in found] == ["learned_oddtide"]
    taken = world.api.post(f"/api/v1/improvements/{one['key']}/withdraw", {"reason": "it says nothing"})
    assert taken.status_code == 202, taken.text
    world.work()
    assert state(world) == "taken_back"


def lost(world: DashboardWorld, number: int) -> Fate:
    """Receive a signal that names its target as no one declared it."""
    runtime = world.api.runtime
    name = f"Odd{'abcdefghij'[number]}"
    one = Signal(
        source="alertmanager", name=name, target=None, severity=Severity.ERROR, summary="odd", signature=sign(name),
        labels={"instance": "shop-web:9100"}, delivery_key=f"odd:{number}", observed_at=runtime.clock.now(),
    )  # fmt: skip
    (receipt,) = accept(runtime.intake, [one], by="ann")
    world.work()
    return receipt.fate


def test_a_name_that_means_a_target_is_learnt_and_forgotten_by_the_fleet_when_it_explains_nothing(
    world: DashboardWorld,
) -> None:
    assert lost(world, 0) is Fate.IGNORED
    runtime = world.api.runtime
    readers = LineReaders(line=runtime.line, triggers=runtime.catalogs.triggers)
    month = readers.past_month()
    often = replace(month, strays=[*month.strays] * 12)
    submit(world, ImprovementLook(month=often, wanted=ALIASES.find(readers, often)))
    assert lost(world, 1) is Fate.IGNORED
    approve(world)
    assert lost(world, 2) is Fate.OPENED
    assert state(world) == "in_force"
    assert {lost(world, number) for number in range(3, 10)} == {Fate.OPENED}
    assert state(world) == "leaving"
    assert readers.changes("alias") == []
    assert state(world) == "taken_back"
    (over,) = world.api.get("/api/v1/improvements").json()["past"]
    assert over["told"].startswith("it did not help: 1 of 8 incidents had a cause since, 0% did before")


def test_a_reading_that_nothing_watched_raises_a_signal_once_a_person_approved_it(world: DashboardWorld) -> None:
    runtime, web = world.api.runtime, TargetName("shop-web")
    readers = LineReaders(line=runtime.line, triggers=Catalog("trigger", {}))
    runtime.line.world.role(web, Restartable).start()
    told = TellingReading(check="alive", bound=0.5, at_least=False, value=0.0)
    month = PastMonth(
        now=runtime.clock.now(),
        problems=[
            replace(one, source="alertmanager", cause="process_down", shown=[told])
            for one in problems(runtime.clock.now())
        ],
    )
    submit(world, ImprovementLook(month=month, wanted=PROBES.find(readers, month)))
    approve(world)
    assert state(world) == "in_force"
    assert "watched_alive" not in looked(world) | looked(world)
    world.stop("shop-web")
    assert "watched_alive" in looked(world) | looked(world)


def objective(world: DashboardWorld) -> float:
    """Return what the goal for healing asks for."""
    return float(world.api.get("/api/v1/goals/healing_success").json()["goal"]["objective"])


def test_a_goal_that_is_surely_met_asks_for_more_once_a_person_approved_it(world: DashboardWorld) -> None:
    runtime = world.api.runtime
    incident = IncidentId(UUID(world.signal("one", name="OddTide", summary="the tide of the shop has turned")))
    for number in range(200):
        made = plan(incident=incident, playbook=NAME, target=TargetName(f"shop-{number}"))
        at = runtime.clock.now() - timedelta(days=number / 10)
        with runtime.ledger.transaction() as tx:
            tx.journal.begin(made, made.incident, at)
            tx.journal.end(made.id, episode(made, runtime.clock, Ending.VERIFIED, at=at))
    assert world.api.post("/api/v1/cycles/goals/run").status_code == 202
    world.work()
    assert state(world) == "proposed"
    assert objective(world) == 0.9
    approve(world)
    raised = objective(world)
    assert raised > 0.93
    assert state(world) == "in_force"
    shown = world.api.get("/api/v1/goals/healing_success").json()
    assert (shown["goal"]["by"], shown["evaluation"]["state"]) == ("cycle:improvement", "met")
    assert f"of at least {raised:.3g}" in shown["evaluation"]["reason"]
    key = "goal:healing_success.from_0.9"
    taken = world.api.post(f"/api/v1/improvements/{key}/withdraw", {"reason": "too hard for the summer"})
    assert taken.status_code == 202, taken.text
    world.work()
    assert objective(world) == 0.9
    assert state(world) == "taken_back"


def looked(world: DashboardWorld) -> set[str]:
    """Let the triggers look, and return the names of all signals."""
    assert world.api.post("/api/v1/cycles/triggers/run").status_code == 202
    world.work()
    return {one["name"] for one in world.api.get("/api/v1/signals?limit=100").json()}


def stalls(world: DashboardWorld) -> int:
    """Return how often it was told that our own service does not run."""
    told = world.api.get("/api/v1/signals?limit=200").json()
    return sum((one["name"], one["target"]) == ("heartbeat_stall", "shop-web") for one in told)
