"""A step that asks a person: the run waits, goes on with a valid answer, and stops without one."""

from datetime import timedelta
from typing import Any

import pytest

from grace_workers.foundation.errors import ConflictError, InputError
from grace_workers.foundation.ids import IncidentId
from grace_workers.governance import Role, Switch
from grace_workers.orchestration import switches
from grace_workers.orchestration.dossier import Closing
from grace_workers.orchestration.questions import StepAnswer, answer_question, asked
from grace_workers.signals import IncidentState
from tests.builders import CrashError, Ward, interrupted
from tests.unit.orchestration.rolling import ONE, marks, ward_of

ASKING = """\
steps:
  - {id: first, primitive: dose_probeable, params: {key: first}}
  - id: second
    primitive: dose_probeable
    params: {key: second}
    ask:
      question: Which dose is next?
      answer:
        way: {type: string, enum: [strong, weak]}
        times: {type: integer, minimum: 1, maximum: 3, default: 1}
      within: 20s
      role: approver
    if_answered: {second.way: strong}
  - {id: third, primitive: dose_probeable, params: {key: third}, if_answered: {second.way: weak}}
"""
FIRST_ASKS = "steps:\n" + ASKING[ASKING.index("  - id: second") :]


def asking(steps: str = ASKING) -> tuple[Ward, IncidentId]:
    ward = ward_of(steps)
    ward.patients[ONE].heeds = False
    incident = ward.fall_ill(ONE)
    ward.work()
    assert ward.dossier(incident).incident.state is IncidentState.SNAPSHOTTED
    return ward, incident


def reply(ward: Ward, incident: IncidentId, *, role: Role = Role.APPROVER, **fields: Any) -> None:
    answer_question(ward.ledger, ward.clock, incident, StepAnswer(by="ann", role=role, fields=fields))
    ward.patients[ONE].heeds = True
    ward.work()


def test_people_who_stop_everything_end_a_run_that_waits_for_an_answer_at_once() -> None:
    ward, incident = asking()
    switches.turn(ward.ledger, ward.clock, "kill", on=True, reason="stop", by="ann")
    ward.work()
    assert marks(ward)[ONE] == []
    assert ward.dossier(incident).closing is Closing.RESTORED


def test_a_run_waits_for_the_answer_and_holds_its_target() -> None:
    ward, incident = asking()
    found = asked(ward.dossier(incident))
    assert found is not None
    assert found[1].words == "Which dose is next?"
    assert ward.held() == {ONE}
    assert marks(ward)[ONE] == ["first"]
    told = ward.view(incident).timeline[-1].headline
    assert f"step second asks an approver: Which dose is next? (grace incident answer {incident})" in told


@pytest.mark.parametrize(("way", "taken"), [("strong", ["first", "second"]), ("weak", ["first", "third"])])
def test_the_answer_says_which_steps_are_taken(way: str, taken: list[str]) -> None:
    ward, incident = asking()
    reply(ward, incident, way=way)
    assert ward.dossier(incident).closing is Closing.HEALED
    assert marks(ward)[ONE] == taken
    assert ward.dossier(incident).answers == {"second": {"way": way, "times": 1}}
    assert any(f"ann answered second: way = {way}, times = 1" in one.headline for one in ward.view(incident).timeline)


def test_without_an_answer_in_time_everything_is_restored() -> None:
    ward, incident = asking()
    ward.live(timedelta(seconds=30), tick=timedelta(seconds=5))
    dossier = ward.dossier(incident)
    assert (dossier.closing, marks(ward)[ONE], ward.held()) == (Closing.RESTORED, [], frozenset())
    assert dossier.reasons[0].startswith("no one answered the question of step 'second' until")
    with pytest.raises(ConflictError, match="waits for no answer"):
        reply(ward, incident, way="strong")


def test_without_an_answer_before_anything_was_touched_the_plan_is_refused() -> None:
    ward, incident = asking(FIRST_ASKS)
    ward.live(timedelta(seconds=30), tick=timedelta(seconds=5))
    assert ward.dossier(incident).incident.state is IncidentState.REFUSED
    assert ward.patients[ONE].effects == {}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"way": "huge"}, "is not one of strong, weak"),
        ({"way": 3}, "is not of type string"),
        ({"times": 2}, "the answer lacks way"),
        ({"way": "weak", "times": 9}, "9 is above 3"),
        ({"way": "weak", "other": 1}, "unknown param 'other'"),
    ],
)
def test_an_answer_that_does_not_fit_changes_nothing(fields: dict[str, Any], said: str) -> None:
    ward, incident = asking()
    with pytest.raises(InputError, match=said):
        reply(ward, incident, **fields)
    assert asked(ward.dossier(incident)) is not None


def test_a_role_that_is_not_enough_may_not_answer() -> None:
    ward, incident = asking()
    with pytest.raises(ConflictError, match="ann is operator; this question needs at least approver"):
        reply(ward, incident, role=Role.OPERATOR, way="weak")


def test_the_kill_switch_stops_a_run_that_waits_for_an_answer_before_its_next_step() -> None:
    ward, incident = asking()
    with ward.ledger.transaction() as tx:
        tx.switches.turn("kill", Switch(on=True, by="ann", reason="stop"), ward.clock.now())
    reply(ward, incident, way="strong")
    assert ward.dossier(incident).closing is Closing.RESTORED
    assert marks(ward)[ONE] == []


@pytest.mark.parametrize("moment", ["begin", "after"])
def test_a_death_at_any_transaction_after_the_answer_repeats_nothing(moment: str) -> None:
    number, died = 1, True
    while died:
        ward, incident = asking()
        with interrupted(ward, number, moment):
            try:
                reply(ward, incident, way="weak")
            except CrashError:
                pass
            else:
                died = False
        ward.claimer.register(ward.line.instance)
        ward.patients[ONE].heeds = True
        if asked(ward.dossier(incident)) is not None:
            reply(ward, incident, way="weak")
        ward.live(timedelta(seconds=10), tick=timedelta(seconds=5))
        assert ward.dossier(incident).closing is Closing.HEALED, number
        assert ward.patients[ONE].effects == {"first": 1, "third": 1}, number
        number += 1
    assert number > 5
