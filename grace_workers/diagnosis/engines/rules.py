"""Rules: what the readings alone say, through the measures of causes and through code."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from grace_workers.diagnosis import rules
from grace_workers.diagnosis.cause_file import Cause
from grace_workers.diagnosis.diagnosis import EngineKind, Hypothesis, Subject
from grace_workers.diagnosis.engine import Engine
from grace_workers.diagnosis.findings import Findings
from grace_workers.diagnosis.ground import Ground, Taken, ground, taken
from grace_workers.diagnosis.rule import Rule, inferred
from grace_workers.foundation.catalog import Catalog, discover
from grace_workers.foundation.document import JsonValue


def propose(findings: Findings) -> Sequence[Hypothesis]:
    """Return what the readings say about all subjects: nearest first; within a subject, measures before rules."""
    return [one for subject in findings.around for one in (*_measured(findings, subject), *_ruled(findings, subject))]


@cache
def _rules() -> Catalog[Rule]:
    return discover(rules, Rule, label="rule")


def _ruled(findings: Findings, subject: Subject) -> Iterator[Hypothesis]:
    for rule in _rules():
        yield from rule.infer(findings, subject)


def _measured(findings: Findings, subject: Subject) -> Iterator[Hypothesis]:
    for cause in findings.causes:
        if cause.is_proposed_by_readings and cause.may_be_of(subject):
            yield from _shown(cause, findings, subject)


def _shown(cause: Cause, findings: Findings, subject: Subject) -> Iterator[Hypothesis]:
    """Yield the cause once for each thing, such as a table, whose readings show it."""
    told: list[Mapping[str, JsonValue]] = []
    lead = cause.measures[0]
    for reading in taken(cause, lead, findings, subject):
        bindings = cause.bound_by(lead, reading.evidence.params, subject)
        if bindings in told or ground(cause.id, findings, subject, bindings) is not Ground.SHOWN:
            continue
        told.append(bindings)
        readings = [_worst(taken(cause, one, findings, subject, bindings)) for one in cause.measures]
        words = "; ".join(_words(one) for one in readings)
        yield inferred(findings, cause.id, subject, words, [one.evidence for one in readings], bindings)


def _worst(readings: Iterator[Taken]) -> Taken:
    return max((one for one in readings if one.holds), key=lambda one: one.distance)


def _words(reading: Taken) -> str:
    of = "".join(f" of {text}" for text in reading.evidence.params.values())
    measure, bound = reading.measure, reading.measure.bound_for(reading.where.labels)
    return f"{reading.where.name}{of}: {measure.check} is {reading.value:g} (bound {bound:g}): {measure.means}"


DEFINITION = Engine(
    name="rules",
    kind=EngineKind.RULES,
    summary="Readings of the complaining target and its dependencies, judged by the measures of causes and by rules",
    propose=propose,
)
