"""What every cause that ships keeps to. A new one joins by its file: its examples are its test."""

from dataclasses import replace

import pytest

from grace_workers.bootstrap.catalogs import catalogs
from grace_workers.diagnosis import (
    Cause,
    Evidence,
    Findings,
    Hypothesis,
    Subject,
    load_causes,
    rank,
    refuting_evidence,
    shipped_causes,
)
from grace_workers.foundation.ids import TargetKind, TargetName
from grace_workers.signals import Incident, Severity, Signal, sign
from grace_workers.testing import START
from tests.targets import roles_of

KNOWN = catalogs()
CAUSES = load_causes([shipped_causes()], KNOWN.terms)
SUBJECT, NEAR = TargetName("subject"), TargetName("near")
BESIDE = Subject(name=NEAR, kind=TargetKind("process"), roles=roles_of(TargetKind("process")))
EXAMPLES = [(cause, number) for cause in CAUSES for number in range(len(cause.examples))]

each_cause = pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.name)
each_example = pytest.mark.parametrize(("cause", "number"), EXAMPLES, ids=lambda value: getattr(value, "name", value))


def subject_of(cause: Cause) -> Subject:
    """The target that has the cause: of its kind, or one that plays its roles."""
    kind = TargetKind(cause.kinds[0]) if cause.kinds else TargetKind("test")
    near = [measure.check for measure in cause.measures if not measure.near]
    roles = {*cause.roles, *(KNOWN.checks[check].role.__name__ for check in near)}
    return Subject(name=SUBJECT, kind=kind, roles=frozenset(roles), depends_on=(NEAR,))


def evidence(cause: Cause, readings: dict[str, float]) -> tuple[Evidence, ...]:
    near = {measure.check for measure in cause.measures if measure.near}
    return tuple(
        Evidence(
            kind=check, subject=NEAR if check in near else SUBJECT, value=value, observed_at=START, source="example"
        )
        for check, value in readings.items()
    )


def diagnosed(cause: Cause, number: int, readings: dict[str, float]) -> list[Hypothesis]:
    """What a fresh installation finds when the example's signal arrives and these readings are taken."""
    example = cause.examples[number].signal
    name, summary, text = ("x", "", None) if example is None else (example.name, example.summary, example.text)
    signal = Signal(
        source="example",
        name=name,
        target=SUBJECT,
        severity=Severity.ERROR,
        summary=summary,
        text=text,
        signature=sign(name, text=text),
        delivery_key="example",
        observed_at=START,
    )
    incident = Incident(
        target=SUBJECT,
        signature=signal.signature,
        severity=Severity.ERROR,
        title=name,
        opened_at=START,
        last_signal_at=START,
        updated_at=START,
    )
    findings = Findings(
        incident=incident,
        signals=(signal,),
        evidence=evidence(cause, readings),
        causes=CAUSES,
        subjects={SUBJECT: subject_of(cause), NEAR: BESIDE},
    )
    found = rank(findings, KNOWN.engines).hypotheses
    return [one for one in found if (one.cause, one.subject) == (cause.id, SUBJECT)]


@each_example
def test_a_cause_is_found_by_its_example(cause: Cause, number: int) -> None:
    example = cause.examples[number]
    (found,) = diagnosed(cause, number, dict(example.readings))
    assert found.measured is bool(example.readings)


@each_example
def test_a_cause_is_not_found_against_the_readings_that_refute_it(cause: Cause, number: int) -> None:
    example = cause.examples[number]
    if example.refuted_by:
        assert diagnosed(cause, number, {**example.readings, **example.refuted_by}) == []


@each_cause
def test_a_cause_that_has_measures_has_an_example_that_they_refute(cause: Cause) -> None:
    assert bool(cause.measures) is any(example.refuted_by for example in cause.examples)


@each_cause
def test_words_without_a_reading_measure_nothing(cause: Cause) -> None:
    said = [number for number, example in enumerate(cause.examples) if example.signal is not None]
    assert all(not found.measured for number in said for found in diagnosed(cause, number, {}))


@each_cause
def test_the_readings_that_could_refute_a_cause_are_asked_for_where_it_is(cause: Cause) -> None:
    subject = replace(subject_of(cause), labels={"tables": "orders", "queues": "celery"})
    near = [subject, BESIDE]
    wanted = {request.kind for request in refuting_evidence(cause, subject, {}, near, KNOWN.checks)}
    assert wanted == {measure.check for measure in cause.measures}
