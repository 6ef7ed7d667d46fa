"""A step that waits: the run rests without a worker, looks again, and takes the step or leaves it out."""

from datetime import timedelta

import pytest

from grace_workers.foundation.ids import IncidentId
from grace_workers.foundation.yaml_file import SourceError
from grace_workers.governance import Switch
from grace_workers.orchestration import switches
from grace_workers.orchestration.dossier import Closing
from grace_workers.signals import IncidentState
from tests.builders import CrashError, Ward, interrupted
from tests.unit.orchestration.rolling import ONE, marks, ward_of

WAITING = """\
steps:
  - {id: first, primitive: dose_probeable, params: {key: first}}
  - id: second
    primitive: dose_probeable
    params: {key: second}
    wait: 20s
    when: {check: illness, operator: "==", bound: 1}
"""
FIRST_WAITS = "steps:\n" + WAITING[WAITING.index("  - id: second") :]
TICK = timedelta(seconds=5)


def waiting(steps: str = WAITING) -> tuple[Ward, IncidentId]:
    ward = ward_of(steps)
    ward.patients[ONE].heeds = False
    incident = ward.fall_ill(ONE)
    ward.work()
    return ward, incident


def test_a_run_rests_until_the_time_has_passed_and_holds_its_target() -> None:
    ward, incident = waiting()
    assert (marks(ward)[ONE], ward.held()) == (["first"], {ONE})
    told = ward.view(incident).timeline[-1].headline
    assert told.endswith("UTC: step second is due then; its targets stay held")
    ward.live(timedelta(seconds=15), tick=TICK)
    assert marks(ward)[ONE] == ["first"]
    assert sum("step second is due then" in one.headline for one in ward.view(incident).timeline) == 1
    ward.patients[ONE].heeds = True
    ward.live(timedelta(seconds=10), tick=TICK)
    assert marks(ward)[ONE] == ["first", "second"]
    assert ward.dossier(incident).closing is Closing.HEALED


def test_a_step_waits_without_a_condition_too() -> None:
    ward, incident = waiting(WAITING[: WAITING.index("    when:")])
    assert marks(ward)[ONE] == ["first"]
    ward.live(timedelta(seconds=15), tick=TICK)
    assert marks(ward)[ONE] == ["first"]
    ward.patients[ONE].heeds = True
    ward.live(timedelta(seconds=10), tick=TICK)
    assert marks(ward)[ONE] == ["first", "second"]
    assert ward.dossier(incident).closing is Closing.HEALED


def test_the_reading_is_taken_after_the_wait() -> None:
    ward, incident = waiting()
    ward.patients[ONE].ill = 0
    ward.live(timedelta(seconds=25), tick=TICK)
    assert marks(ward)[ONE] == ["first"]
    assert any("left out: illness of shop-1 read 0" in one.headline for one in ward.view(incident).timeline)
    assert ward.dossier(incident).closing is Closing.HEALED


def test_what_went_by_itself_in_the_wait_is_left_alone_and_no_one_is_asked() -> None:
    ward, incident = waiting(FIRST_WAITS)
    assert ward.dossier(incident).incident.state is IncidentState.SNAPSHOTTED
    ward.patients[ONE].ill = 0
    ward.live(timedelta(seconds=30), tick=TICK)
    assert marks(ward)[ONE] == []
    assert any("it ended by itself while the run waited" in one.headline for one in ward.view(incident).timeline)
    assert ward.dossier(incident).closing is Closing.RESOLVED
    assert ward.held() == frozenset()


def test_a_run_whose_condition_is_not_met_while_something_is_wrong_goes_to_people() -> None:
    ward, incident = waiting(FIRST_WAITS)
    ward.patients[ONE].ill = 2
    ward.live(timedelta(seconds=30), tick=TICK)
    assert marks(ward)[ONE] == []
    assert ward.dossier(incident).closing is Closing.ESCALATED


@pytest.mark.parametrize("moment", ["begin", "after"])
def test_a_death_at_any_transaction_of_a_wait_repeats_nothing(moment: str) -> None:
    number, died = 1, True
    while died:
        ward, incident = waiting()
        ward.clock.advance(timedelta(seconds=21))
        ward.patients[ONE].heeds = True
        with interrupted(ward, number, moment):
            try:
                ward.work()
            except CrashError:
                pass
            else:
                died = False
        ward.claimer.register(ward.line.instance)
        ward.live(timedelta(seconds=10), tick=TICK)
        assert ward.dossier(incident).closing is Closing.HEALED, number
        assert ward.patients[ONE].effects == {"first": 1, "second": 1}, number
        number += 1
    assert number > 5


def test_the_kill_switch_ends_a_run_that_waits_and_puts_everything_back() -> None:
    ward, incident = waiting()
    with ward.ledger.transaction() as tx:
        tx.switches.turn("kill", Switch(on=True, by="ann", reason="stop"), ward.clock.now())
    ward.live(timedelta(seconds=30), tick=TICK)
    assert marks(ward)[ONE] == []
    assert ward.dossier(incident).closing is Closing.RESTORED


def test_people_who_stop_everything_do_not_wait_until_a_run_has_rested() -> None:
    ward, incident = waiting()
    switches.turn(ward.ledger, ward.clock, "kill", on=True, reason="stop", by="ann")
    ward.work()
    assert marks(ward)[ONE] == []
    assert ward.dossier(incident).closing is Closing.RESTORED
    switches.turn(ward.ledger, ward.clock, "kill", on=False, reason="go on", by="ann")
    ward.live(timedelta(seconds=30), tick=TICK)
    assert marks(ward)[ONE] == []


@pytest.mark.parametrize("moment", ["begin", "after"])
def test_whenever_people_stop_everything_nothing_rests_half_done(moment: str) -> None:
    number, turned = 1, list[int]()
    while len(turned) == number - 1:
        ward = ward_of(WAITING)
        ward.patients[ONE].heeds = False
        ward.fall_ill(ONE)

        def stop(ward: Ward = ward, number: int = number) -> None:
            turned.append(number)
            switches.turn(ward.ledger, ward.clock, "kill", on=True, reason="stop", by="ann")

        with interrupted(ward, number, moment, stop):
            ward.work()
        ward.live(timedelta(seconds=3), tick=timedelta(seconds=1))
        assert (number, marks(ward)[ONE]) == (number, [] if len(turned) == number else ["first"])
        number += 1
    assert number > 10


def test_a_run_that_rests_before_its_first_step_is_refused_when_people_stop_everything() -> None:
    ward, incident = waiting(FIRST_WAITS)
    switches.turn(ward.ledger, ward.clock, "kill", on=True, reason="stop", by="ann")
    ward.work()
    assert (ward.dossier(incident).closing, marks(ward)[ONE]) == (Closing.REFUSED, [])


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("wait: 20s", "wait: 0s", "step 1, wait: must be longer than 0s"),
        ("wait: 20s", "wait: 2m", "budget 1m is too short for its waits, questions and expectations; give 2m5s"),
        ("wait: 20s", 'wait: 20s\n    each: "service=shop"', "a step with each waits for nothing"),
        ("wait: 20s", "wait: soon", "wait"),
    ],
)
def test_a_wait_that_cannot_be_is_named(before: str, after: str, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        ward_of(FIRST_WAITS.replace(before, after))
