"""`Ground`: what current readings say about a cause."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from grace_workers.diagnosis.cause_file import Cause, Measure, Says
from grace_workers.diagnosis.diagnosis import CauseName, Evidence, Subject
from grace_workers.diagnosis.findings import Findings
from grace_workers.foundation.document import JsonValue

NOTHING: Mapping[str, JsonValue] = {}


class Ground(StrEnum):
    """What current readings say about a cause: all show it, one refutes it, or it was not read."""

    SHOWN = "shown"
    REFUTED = "refuted"
    UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class Taken:
    """A number that was read from a target, as evidence for or against a measure."""

    measure: Measure
    evidence: Evidence
    where: Subject
    value: float

    @property
    def holds(self) -> bool:
        """Whether it supports the cause."""
        return self.measure.holds(self.value, self.where.labels)

    @property
    def distance(self) -> float:
        """How far it lies beyond the bound."""
        apart = self.value - self.measure.bound_for(self.where.labels)
        return -apart if self.measure.at_least is None else apart


def ground(
    name: CauseName, findings: Findings, subject: Subject, bindings: Mapping[str, JsonValue] = NOTHING
) -> Ground:
    """Return what the readings say about a cause on a subject; with `bindings`, only those of that very table count."""
    cause = findings.causes.get(name)
    if cause is None or not cause.measures:
        return Ground.UNREAD
    said = {measure: _said(list(taken(cause, measure, findings, subject, bindings))) for measure in cause.measures}
    if Ground.REFUTED in said.values():
        return Ground.REFUTED
    # What can only refute need not have been read: a target of another kind may have no such reading.
    decides = {one: it for one, it in said.items() if one.says is not Says.ALLOWS} or said
    shown = [one for one, it in decides.items() if it is Ground.SHOWN]
    return Ground.SHOWN if all(one in shown or _replaced(one, shown) for one in decides) else Ground.UNREAD


def _replaced(measure: Measure, shown: Sequence[Measure]) -> bool:
    """Return whether a measure of which one of the two is enough was read in its place."""
    wanted = measure.instead_of or measure.check
    return any(wanted in (one.check, one.instead_of) and one.check != measure.check for one in shown)


def is_measured(
    name: CauseName, findings: Findings, subject: Subject, bindings: Mapping[str, JsonValue] = NOTHING
) -> bool:
    """Return whether current readings show the cause, so that neither texts nor memory need be trusted."""
    cause = findings.causes.get(name)
    return cause is not None and cause.can_be_shown and ground(name, findings, subject, bindings) is Ground.SHOWN


def taken(
    cause: Cause,
    measure: Measure,
    findings: Findings,
    subject: Subject,
    bindings: Mapping[str, JsonValue] = NOTHING,
) -> Iterator[Taken]:
    """Yield the readings that bear on a measure of a cause."""
    for where in findings.around if measure.near else (subject,):
        for one, value in findings.numbers(measure.check, where.name):
            if cause.is_of(measure, one.params, bindings):
                yield Taken(measure, one, where, value)


def _said(readings: list[Taken]) -> Ground:
    if not readings:
        return Ground.UNREAD
    return Ground.SHOWN if any(one.holds for one in readings) else Ground.REFUTED
