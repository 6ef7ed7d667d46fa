"""When a demo counts as passed: every fault as promised, a person asked if one must be, and a log that verifies."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from grace_workers.entrypoints.demo import show
from grace_workers.entrypoints.demo.faults import FAULTS, DemoFault
from grace_workers.entrypoints.demo.run import Demo
from grace_workers.orchestration.dossier import Closing


def good(fault: DemoFault) -> show.Result:
    return show.Result(
        name=fault.name,
        expected=fault.expected,
        got=fault.expected,
        well=True,
        must_ask=fault.approval,
        agreed=fault.approval,
        seconds=1.0,
        remedy="cure",
    )


def played(**last: object) -> Demo:
    """Return a demo in which all went well, except for what the last fault's result says."""
    results = [good(fault) for fault in FAULTS]
    return Demo(
        Console(file=io.StringIO()), stay=False, results=[*results[:-1], replace(results[-1], **last)], intact=True
    )


def test_a_demo_of_six_faults_that_ended_as_promised_has_passed():
    assert len(FAULTS) == 6
    assert played().passed


@pytest.mark.parametrize("got", [None, *(one for one in Closing if one is not Closing.RESTORED)])
def test_a_wrong_remedy_passes_only_when_everything_was_restored(got):
    assert FAULTS[-1].name == "wrong remedy"
    assert not played(got=got).passed


def test_one_promised_ending_is_not_as_good_as_another():
    assert [fault.expected for fault in FAULTS] == [Closing.HEALED] * 5 + [Closing.RESTORED]
    assert not replace(good(FAULTS[0]), got=Closing.RESTORED).passed


def test_a_heal_that_leaves_the_world_unhealthy_does_not_pass():
    assert not played(well=False).passed


def test_a_fault_for_which_a_person_must_be_asked_does_not_pass_without_that():
    assert [fault.name for fault in FAULTS if fault.approval] == ["alert on an external target"]
    assert not played(must_ask=True, agreed=False).passed


def test_an_unneeded_question_to_a_person_is_no_fault():
    assert played(must_ask=False, agreed=True).passed


def test_a_demo_whose_log_does_not_verify_has_not_passed():
    assert not replace(played(), intact=False).passed


@pytest.mark.parametrize("count", range(len(FAULTS)))
def test_a_demo_that_ended_early_has_not_passed(count):
    assert not replace(played(), results=played().results[:count]).passed


def test_the_table_shows_what_did_not_go_well():
    out = io.StringIO()
    results = [replace(good(FAULTS[4]), agreed=False), replace(good(FAULTS[5]), got=None, well=False)]
    show.summary(Console(file=out, width=200), results, "broken at entry 7", intact=False)
    printed = out.getvalue()
    for words in ("not asked", "nothing", " no ", "broken at entry 7"):
        assert words in printed
