"""What every shipped cause must satisfy. A new one joins by its file: its examples are its test."""

from collections.abc import Sequence
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
    signals_of,
)
from grace_workers.diagnosis.recognising import SignalWords
from grace_workers.foundation.ids import TargetKind, TargetName
from grace_workers.signals import Incident, Severity, Signal, sign
from grace_workers.testing import START
from tests.targets import roles_of

KNOWN = catalogs()
CAUSES = load_causes([shipped_causes()], KNOWN.terms)
SUBJECT, NEAR = TargetName("subject"), TargetName("near")
EXAMPLES = [(cause, number) for cause in CAUSES for number in range(len(cause.examples))]
HARMLESS = [
    ("Watchdog", "This alert always fires, so that its silence is noticed."),
    ("InfoInhibitor", "Silences alerts that only inform."),
    ("ScheduledHealthCheck", "Passed. All figures are within their bounds."),
    ("DeployFinished", "shop 1.4.2 is live on 3 of 3 instances"),
    ("BackupFinished", "412 GB were saved in 31 minutes"),
    ("HostCPUIsUnderutilized", "web-1 used 4 % of its processors for a week"),
    ("LoginFailed", "ann mistyped the code twice"),
    ("ERROR shop", "redis downloads took 3 s"),
    ("ERROR shop", "the order of ann was refused: her card expired"),
    ("ERROR shop", "4 of 4 images could be shown"),
    ("ERROR shop", "the memory of the elephant is good"),
]

each_cause = pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.name)
each_example = pytest.mark.parametrize(("cause", "number"), EXAMPLES, ids=lambda value: getattr(value, "name", value))


def subject_of(cause: Cause) -> Subject:
    """The target that has the cause: of its kind, or one that plays its roles."""
    kind = TargetKind(cause.kinds[0]) if cause.kinds else TargetKind("test")
    near = [measure.check for measure in cause.measures if not measure.near]
    roles = {*cause.roles, *(KNOWN.checks[check].role.__name__ for check in near)}
    return Subject(name=SUBJECT, kind=kind, roles=frozenset(roles), depends_on=(NEAR,))


def plain_signal(name: str, summary: str) -> Signal:
    """A signal in plain terms."""
    return Signal(
        source="example",
        name=name,
        target=SUBJECT,
        severity=Severity.ERROR,
        summary=summary,
        signature=sign(name),
        delivery_key="example",
        observed_at=START,
    )


def beside(cause: Cause) -> Subject:
    """A process that the subject depends on, which answers what the cause asks of its neighbours."""
    near = {KNOWN.checks[measure.check].role.__name__ for measure in cause.measures if measure.near}
    return Subject(name=NEAR, kind=TargetKind("process"), roles=roles_of(TargetKind("process")) | near)


def evidence(cause: Cause, readings: dict[str, float]) -> tuple[Evidence, ...]:
    near = {measure.check for measure in cause.measures if measure.near}
    return tuple(
        Evidence(
            kind=check, subject=NEAR if check in near else SUBJECT, value=value, observed_at=START, source="example"
        )
        for check, value in readings.items()
    )


def signals(cause: Cause, number: int) -> Sequence[Signal]:
    """The signals that the example's source makes of it; for an example of readings, a signal that says nothing."""
    told = signals_of(cause.examples[number], KNOWN.sources)
    return [replace(one, target=SUBJECT) for one in told] or [plain_signal("x", "")]


def ranked(cause: Cause, number: int, readings: dict[str, float]) -> Sequence[Hypothesis]:
    """What a fresh installation finds when the example's signals arrive and these readings are taken."""
    told = signals(cause, number)
    incident = Incident(
        target=SUBJECT,
        signature=told[0].signature,
        severity=Severity.ERROR,
        title=told[0].name,
        opened_at=START,
        last_signal_at=START,
        updated_at=START,
    )
    findings = Findings(
        incident=incident,
        signals=tuple(told),
        evidence=evidence(cause, readings),
        causes=CAUSES,
        subjects={SUBJECT: subject_of(cause), NEAR: beside(cause)},
    )
    return rank(findings, KNOWN.engines).hypotheses


def diagnosed(cause: Cause, number: int, readings: dict[str, float]) -> list[Hypothesis]:
    """The hypotheses of this cause on the subject."""
    return [one for one in ranked(cause, number, readings) if (one.cause, one.subject) == (cause.id, SUBJECT)]


@each_example
def test_a_cause_is_found_by_its_example(cause: Cause, number: int) -> None:
    example = cause.examples[number]
    (found,) = diagnosed(cause, number, dict(example.readings))
    assert found.measured is bool(example.readings)


@each_example
def test_what_points_to_a_cause_leads_to_no_other_first(cause: Cause, number: int) -> None:
    found = ranked(cause, number, dict(cause.examples[number].readings))
    assert found[0].cause == cause.id, [(one.cause, one.reasoning) for one in found]


@each_example
def test_nothing_tells_more_of_another_cause_even_to_a_target_that_can_have_all(cause: Cause, number: int) -> None:
    seen = CAUSES.seen_in(signals_of(cause.examples[number], KNOWN.sources))
    mine = [one.weight for other, one in seen if other is cause]
    assert mine == [one.weight for _, one in seen][: len(mine)], [(other.name, one.says) for other, one in seen]


@pytest.mark.parametrize(("name", "words"), HARMLESS)
def test_what_only_sounds_like_a_problem_points_to_no_cause(name: str, words: str) -> None:
    assert [(cause.name, seen.says) for cause, seen in CAUSES.seen_in([plain_signal(name, words)])] == []


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
    asking = {
        "tables": "orders",
        "queues": "celery",
        "replicas": "1",
        "indexes": "by_date on orders",
        "memory_limited": "convert",
        "collects_children": "convert",
        "must_hold": "drain",
        "locks": "run/*.lock",
        "logs": "*.log",
        "pins": "requests==2.32.0",
        "service_memory_mib_bound": "512",
        "service_threads_bound": "100",
        "warm": "page:*",
        "checked_tables": "orders",
    }
    subject = replace(subject_of(cause), labels=asking)
    near = [subject, replace(beside(cause), labels=asking)]
    wanted = {request.kind for request in refuting_evidence(cause, subject, {}, near, KNOWN.checks)}
    assert wanted == {measure.check for measure in cause.measures}


@pytest.mark.slow
def test_no_cause_is_missed_because_few_are_compared_with_a_signal() -> None:
    signals = [one for cause in CAUSES for example in cause.examples for one in signals_of(example, KNOWN.sources)]
    for signal in signals:
        compared = {cause.name: seen for cause in CAUSES if (seen := cause.seen_in(SignalWords(signal)))}
        assert {cause.name: seen for cause, seen in CAUSES.seen_in([signal])} == compared
