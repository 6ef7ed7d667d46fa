"""The improvement cycle on a whole line: its replay, its plan, and what the line does with an adjustment in force."""

from dataclasses import replace
from datetime import timedelta

import pytest

from grace_workers.cycles import FleetChange, ImprovementState
from grace_workers.foundation.errors import NotFoundError
from grace_workers.foundation.ids import IncidentId, uuid7
from grace_workers.orchestration import cycles, goals
from grace_workers.orchestration.dossier import Closing, Fate
from grace_workers.orchestration.improvements import improvements, withdrawing
from grace_workers.orchestration.stores.adjustments import AdjustmentStore
from grace_workers.orchestration.stores.fleet_changes import FleetChangeStore
from grace_workers.orchestration.stores.learned_causes import LearnedCauseStore
from grace_workers.orchestration.work.plans import PLAN
from grace_workers.playbooks import adjusted
from grace_workers.signals import IncidentState, Memory, SignalStatus, sign
from tests.builders import WEB, RunEnding, Ward, episode, plan, signal
from tests.patients import library


@pytest.fixture
def ward() -> Ward:
    """Return a ward whose playbook failed eight times and helped four times, and that knows adjustments."""
    made = Ward()

    def in_force() -> object:
        with made.ledger.transaction() as tx:
            return adjusted(library(made.repeat), tx[AdjustmentStore].all())

    made.line = replace(made.line, library=in_force)
    for number in range(12):
        # Three runs in a row that do not help would stop it.
        made.patients[WEB].ill, made.patients[WEB].fails = 1.0, number % 3 < 2
        made.fall_ill(key=f"{number}")
        made.work()
        made.clock.advance(timedelta(hours=3))
        made.work()
    return made


def look(ward: Ward) -> None:
    """Let the cycle look; what it submits stays in the queue."""
    claim = ward.claim(cycles.run_now(ward.ledger, "improvement", by="ann"))
    assert claim is not None
    ending = ward.run(claim)
    assert ending is not None
    ward.claimer.finish(claim, ending)


def work_but_plans(ward: Ward) -> None:
    """Run the jobs that are due, without plans, because this ward has no fleet that they could change."""
    for _ in range(3):
        for due in [one for one in ward.due() if one.name != PLAN]:
            claim = ward.claim(due)
            ending = ward.run(claim) if claim is not None else None
            if claim is not None and ending is not None:
                ward.claimer.finish(claim, ending)


def put(ward: Ward, value: int) -> None:
    """Do what the plan does."""
    with ward.ledger.transaction() as tx:
        tx[AdjustmentStore].put("cure", "mode", value, ward.clock.now())


def test_a_playbook_that_fails_is_replayed_proposed_and_asks_once_it_is_in_force(ward: Ward) -> None:
    look(ward)
    (one,) = improvements(ward.ledger).open
    assert (one.change, one.state, one.replayed, one.avoided, one.lost) == ("mode: review", "proposed", 12, 8, 4)
    with ward.ledger.transaction() as tx:
        (job,) = [job for job in tx.jobs.find(limit=1000) if job.name == PLAN]
    assert job.payload["by"] == "cycle:improvement"
    put(ward, 1)
    look(ward)
    assert improvements(ward.ledger).open[0].state is ImprovementState.IN_FORCE
    ward.patients[WEB].ill, ward.patients[WEB].fails = 1.0, False
    incident = ward.fall_ill(key="next")
    work_but_plans(ward)
    assert ward.dossier(incident).incident.state is IncidentState.AWAITING_APPROVAL
    put(ward, 0)
    look(ward)
    (over,) = improvements(ward.ledger).past
    assert over.state is ImprovementState.TAKEN_BACK
    told = [entry.action for entry in ward.ledger.entries if entry.action.startswith("improvement.")]
    assert told == ["improvement.proposed", "improvement.in_force", "improvement.taken_back"]


def test_what_is_as_its_file_says_cannot_be_taken_back_and_what_is_adjusted_can(ward: Ward) -> None:
    look(ward)
    with pytest.raises(NotFoundError, match="no improvement 'cure' is in force; in force are: none"):
        withdrawing(ward.line, "cure", "no need")
    put(ward, 1)
    plan = withdrawing(ward.line, "cure", "the file is better now")
    assert plan.steps[0].params == {"limit": "cure.mode", "value": 0, "instead_of": 1}


def test_a_healed_playbook_is_left_alone() -> None:
    ward = Ward()
    incident = ward.fall_ill()
    ward.work()
    look(ward)
    assert ward.dossier(incident).closing is Closing.HEALED
    assert improvements(ward.ledger) == type(improvements(ward.ledger))(open=(), past=())


def flaps(ward: Ward, times: int) -> None:
    """Let a trigger's condition come and go by itself so often, every two hours."""
    for _ in range(times):
        for status in SignalStatus:
            key = f"{ward.clock.now().isoformat()}:{status}"
            ward.receive(signal(at=ward.clock, key=key, source="probe", name="heartbeat_stall", status=status))
            ward.clock.advance(timedelta(seconds=40))
        ward.clock.advance(timedelta(hours=2))


def switched(ward: Ward, version: str, *, on: bool = True) -> None:
    """Do what the plan does."""
    with ward.ledger.transaction() as tx:
        store, what = tx[FleetChangeStore], ("threshold", f"heartbeat_stall.{WEB}", version)
        store.put(*what, ward.clock.now()) if on else store.end(*what)


def test_a_condition_that_comes_and_goes_is_told_later_and_at_once_again_if_that_does_not_help() -> None:
    ward = Ward()
    flaps(ward, 12)
    look(ward)
    (one,) = improvements(ward.ledger).open
    assert (one.key, one.change, one.avoided) == ("threshold:heartbeat_stall.web", "told after 1 min", 12)
    with pytest.raises(NotFoundError, match="in force are: none"):
        withdrawing(ward.line, one.key, "no need")
    switched(ward, one.version)
    look(ward)
    assert improvements(ward.ledger).open[0].state is ImprovementState.IN_FORCE
    assert withdrawing(ward.line, one.key, "no need").steps[0].params["value"] == 0
    flaps(ward, 20)
    look(ward)
    (left,) = improvements(ward.ledger).open
    assert left.state is ImprovementState.LEAVING
    assert left.told.startswith("it did not help: 0 of 20 conditions that came and went were not told since")
    switched(ward, one.version, on=False)
    look(ward)
    told = [entry.action for entry in ward.ledger.entries if entry.action.startswith("improvement.")]
    assert told == ["improvement.proposed", "improvement.in_force", "improvement.leaving", "improvement.taken_back"]


def test_signals_that_no_target_takes_are_about_one_once_their_name_is_learnt() -> None:
    ward = Ward()

    def received(key: str) -> Fate:
        return ward.receive(signal(None, at=ward.clock, key=key, labels={"instance": f"{WEB}:9100"})).fate

    assert {received(f"{number}") for number in range(12)} == {Fate.IGNORED}
    look(ward)
    (one,) = improvements(ward.ledger).open
    assert (one.kind, one.change, one.replayed) == ("alias", f"instance={WEB}:9100 means {WEB}", 12)
    with ward.ledger.transaction() as tx:
        tx[FleetChangeStore].put("alias", one.subject, one.version, ward.clock.now())
    assert received("next") is Fate.OPENED
    look(ward)
    assert improvements(ward.ledger).open[0].state is ImprovementState.IN_FORCE
    for number in range(9):
        ward.clock.advance(timedelta(hours=3))
        labels = {"instance": f"{WEB}:9100"}
        named = {"name": f"Odd{number}", "signature": f"odd~{number}"}
        ward.receive(signal(None, at=ward.clock, key=f"odd{number}", labels=labels, **named))
        work_but_plans(ward)
    look(ward)
    kept = {one.kind: one for one in improvements(ward.ledger).open}
    assert kept["alias"].state is ImprovementState.KEPT
    assert kept["alias"].told.startswith("it helped: 9 of 9 incidents had a cause since")


def test_a_change_of_a_newer_release_that_cannot_be_read_refuses_no_signal() -> None:
    ward = Ward()
    known = {"label": "instance", "value": "web:1", "target": str(WEB)}
    with ward.ledger.transaction() as tx:
        for subject, content in (("known", known), ("unknown", {**known, "value": "web:2", "since": "now"})):
            change = FleetChange(kind="alias", subject=subject, content=content, proposed_at=ward.clock.now())
            tx[FleetChangeStore].propose(change)
            tx[FleetChangeStore].put("alias", subject, change.version, ward.clock.now())
    fates = [ward.receive(signal(None, at=ward.clock, labels={"instance": f"web:{one}"})).fate for one in (1, 2)]
    assert fates == [Fate.OPENED, Fate.IGNORED]


def test_what_the_hold_kept_from_being_told_is_counted_and_keeps_it() -> None:
    ward = Ward()
    flaps(ward, 12)
    look(ward)
    (one,) = improvements(ward.ledger).open
    switched(ward, one.version)
    look(ward)
    for _ in range(9):
        ward.clock.advance(timedelta(hours=2))
        with ward.ledger.transaction() as tx:
            memory = Memory.read(tx.cycle_states.read("cycle.triggers"))
            memory = memory.with_untold("heartbeat_stall", WEB, [ward.clock.now()], kept=True)
            tx.cycle_states.write("cycle.triggers", memory.to_json(), ward.clock.now())
    look(ward)
    (kept,) = improvements(ward.ledger).open
    assert kept.state is ImprovementState.KEPT
    assert kept.told.startswith("it helped: 9 of 9 conditions that came and went were not told since")


def puzzle(ward: Ward, count: int) -> None:
    """Let as many problems come that no cause explains."""
    for at in range(count):
        ward.fall_ill(
            name="PoolFull", text="ERROR pool of the shop refused connections: too many clients by far",
            signature=sign(f"PoolFull{at}"), key=f"{ward.clock.now()}", labels={"cause": "unknown"},
        )  # fmt: skip
        work_but_plans(ward)
        ward.clock.advance(timedelta(hours=2))


def test_incidents_that_no_cause_explains_get_one_that_a_person_accepts_and_lose_it_if_it_explains_nothing() -> None:
    ward = Ward()
    puzzle(ward, 6)
    look(ward)
    (one,) = improvements(ward.ledger).open
    assert (one.key, one.avoided, one.lost) == ("cause:learned_poolfull", 6, 0)
    with ward.ledger.transaction() as tx:
        (version,) = tx[LearnedCauseStore].versions("learned_poolfull")
        assert (version.version, version.proposed_by) == (one.version, "cycle:improvement")
        tx[LearnedCauseStore].accept("learned_poolfull", one.version, ward.clock.now())
    look(ward)
    assert improvements(ward.ledger).open[0].state is ImprovementState.IN_FORCE
    # No process has read the file, so nothing gets the cause.
    puzzle(ward, 9)
    look(ward)
    (left,) = [found for found in improvements(ward.ledger).open if found.kind == "cause"]
    assert left.state is ImprovementState.LEAVING
    assert left.told.startswith("it did not help: 0 of 9 such incidents had a cause since")
    with ward.ledger.transaction() as tx:
        tx[LearnedCauseStore].accept("learned_poolfull", None, ward.clock.now())
    look(ward)
    assert [found.state for found in improvements(ward.ledger).past] == [ImprovementState.TAKEN_BACK]


def test_a_goal_that_is_surely_met_is_raised_and_set_back_when_its_days_do_not_meet_it() -> None:
    ward = Ward()
    days_pass(ward, 20, RunEnding.VERIFIED)
    evaluate(ward)
    look(ward)
    (one,) = [found for found in improvements(ward.ledger).open if found.kind == "goal"]
    assert one.key == "goal:healing_success.from_0.9"
    assert goals.goal(ward.ledger, "healing_success").goal.objective == 0.9
    with ward.ledger.transaction() as tx:
        tx[FleetChangeStore].put("goal", one.subject, one.version, ward.clock.now())
    look(ward)
    assert moved(ward) == ["improvement.proposed", "improvement.in_force"]
    work_but_plans(ward)
    raised = goals.goal(ward.ledger, "healing_success")
    assert raised.goal.objective == one.content["objective"]
    assert raised.evaluation is not None
    assert f"of at least {raised.goal.objective:.3g}" in raised.evaluation.reason
    days_pass(ward, 28, RunEnding.FAILED)
    evaluate(ward)
    look(ward)
    (left,) = [found for found in improvements(ward.ledger).open if found.kind == "goal"]
    assert left.state is ImprovementState.LEAVING
    assert left.told.startswith("it did not help: ")
    with ward.ledger.transaction() as tx:
        tx[FleetChangeStore].end("goal", one.subject, one.version)
    assert goals.goal(ward.ledger, "healing_success").goal.objective == 0.9


def test_a_person_who_ends_a_raised_goal_has_the_last_word_and_is_not_asked_again_soon() -> None:
    ward = Ward()
    days_pass(ward, 20, RunEnding.VERIFIED)
    evaluate(ward)
    look(ward)
    (one,) = [found for found in improvements(ward.ledger).open if found.kind == "goal"]
    with ward.ledger.transaction() as tx:
        tx[FleetChangeStore].put("goal", one.subject, one.version, ward.clock.now())
    look(ward)
    ward.clock.advance(timedelta(minutes=1))
    goals.end(ward.ledger, ward.clock, "healing_success", by="ann", reason="we count otherwise now")
    evaluate(ward)
    look(ward)
    (over,) = improvements(ward.ledger).past
    assert over.told == "goal healing_success was changed or ended since it was proposed"
    assert "healing_success" not in {standing.goal.name for standing in goals.goals(ward.ledger)}
    ward.clock.advance(timedelta(days=91))
    days_pass(ward, 20, RunEnding.VERIFIED)
    evaluate(ward)
    look(ward)
    assert "goal:healing_success.new" in {found.key for found in improvements(ward.ledger).open}


def days_pass(ward: Ward, days: int, ending: RunEnding) -> None:
    """Let so many days pass with twenty runs each that ended so."""
    for _ in range(days):
        for number in range(20):
            made = plan(playbook="pill", target=WEB, incident=IncidentId(uuid7()))
            with ward.ledger.transaction() as tx:
                tx.journal.begin(made, made.incident, ward.clock.now())
                tx.journal.end(made.id, episode(made, ward.clock, ending, signature=sign(f"s{number}")))
        ward.clock.advance(timedelta(days=1))


def evaluate(ward: Ward) -> None:
    cycles.run_now(ward.ledger, "goals", by="ann")
    work_but_plans(ward)


def moved(ward: Ward) -> list[str]:
    return [entry.action for entry in ward.ledger.entries if entry.action.startswith("improvement.")]
