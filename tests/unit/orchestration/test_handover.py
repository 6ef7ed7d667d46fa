"""What a person is given with an incident that Grace has given up."""

from dataclasses import replace

import pytest

from grace_workers.diagnosis import ByHand, Cause, CauseExample, Causes, HandStep
from grace_workers.diagnosis.cause_example import ExampleSignal
from grace_workers.orchestration.handover import Handover, handover
from tests.builders import Ward
from tests.unit.orchestration.people.mailbox import look, told

STEPS = (
    HandStep(do="Look at {{ target }}.", run="grace diagnose {{ target }}"),
    HandStep(do="Read its log.", run="journalctl --unit={{ signal.unit }} --grep={{ label.words }}"),
)


def known(name: str, because: str | None = "Only a person can tell.", steps: tuple[HandStep, ...] = STEPS) -> Causes:
    example = CauseExample(signal=ExampleSignal(name="x"))
    return Causes(
        [Cause(name=name, summary="It hurts.", by_hand=ByHand(because=because, steps=steps), examples=(example,))]
    )


def given(ward: Ward, cause: str, **labels: str) -> tuple[Handover | None, tuple[str, ...]]:
    incident = ward.fall_ill(labels={"cause": cause, **labels})
    ward.work()
    dossier = ward.dossier(incident)
    return handover(dossier, ward.line.causes(), ward.line.targets), dossier.reasons


@pytest.fixture
def ward() -> Ward:
    ward = Ward()
    ward.line = replace(ward.line, causes=lambda: known("heartbreak"))
    return ward


def test_a_cause_without_a_playbook_says_why_and_what_to_do(ward: Ward) -> None:
    found, reasons = given(ward, "heartbreak", unit="a; reboot")
    assert found is not None
    assert (found.cause, found.target, found.because) == ("heartbreak", "web", "Only a person can tell.")
    assert [one.run for one in found.instructions] == [
        "grace diagnose web",
        "journalctl --unit='a; reboot' --grep=WORDS",
    ]
    assert reasons[:2] == ("no playbook fits heartbreak", "heartbreak is for a person: Only a person can tell.")


@pytest.mark.parametrize("cause", ["illness", "unknown"])
def test_nothing_is_given_for_an_incident_that_is_healed_or_has_no_cause(ward: Ward, cause: str) -> None:
    ward.line = replace(ward.line, causes=lambda: known("illness"))
    assert given(ward, cause)[0] is None


def test_nothing_is_given_where_the_cause_says_nothing(ward: Ward) -> None:
    ward.line = replace(ward.line, causes=lambda: known("other"))
    assert given(ward, "heartbreak")[0] is None


def test_a_playbook_that_failed_leaves_the_steps_without_a_reason_against_it(ward: Ward) -> None:
    ward.line = replace(ward.line, causes=lambda: known("illness"))
    for patient in ward.patients.values():
        patient.fails = True
    found, _ = given(ward, "illness")
    assert found is not None
    assert (found.cause, found.because, len(found.instructions)) == ("illness", None, 2)


def test_a_notice_carries_the_steps(ward: Ward) -> None:
    boxes = told(ward)
    given(ward, "heartbreak", unit="u" * 150)
    look(ward)
    (notice, _) = boxes["chat"].kept[0]
    assert "by hand 1: Look at web." in notice.lines
    assert "run: grace diagnose web" in notice.lines
    assert f"run: journalctl --unit={'u' * 150} --grep=WORDS" in notice.lines


def test_a_notice_leaves_out_a_command_that_would_be_cut(ward: Ward) -> None:
    boxes = told(ward)
    long = HandStep(do="Read.", run=" ".join(["journalctl", *["--unit={{ signal.unit }}"] * 3]))
    ward.line = replace(ward.line, causes=lambda: known("heartbreak", steps=(long,)))
    given(ward, "heartbreak", unit="v" * 150)
    look(ward)
    (notice, _) = boxes["chat"].kept[0]
    assert "by hand 1: Read." in notice.lines
    assert [one for one in notice.lines if one.startswith("run:")] == []
