"""Measures: readings that by themselves show, or rule out, a cause."""

from collections.abc import Sequence
from dataclasses import dataclass

from grace_workers.diagnosis.cause import (
    DISK_FULL,
    LOCK_PILEUP,
    PROCESS_DOWN,
    TABLE_BLOAT,
    WAL_BACKLOG,
)
from grace_workers.diagnosis.diagnosis import Cause, Evidence, Subject
from grace_workers.diagnosis.findings import Findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A cause holds where the reading is at or beyond `bound`: above it, or below it where `falling`.

    A label `<kind>_bound` of a target sets its own bound. `binding` is a parameter of the reading that playbooks need.
    """

    cause: Cause
    kind: str
    bound: float
    words: str
    falling: bool = False
    binding: str | None = None

    def bound_for(self, subject: Subject) -> float:
        """Return the target's own bound, or the general one where it has none or one that is no number."""
        try:
            return float(subject.labels.get(f"{self.kind}_bound", self.bound))
        except ValueError:
            return self.bound

    def holds(self, value: float, subject: Subject) -> bool:
        """Return whether `value` shows the cause."""
        bound = self.bound_for(subject)
        return value <= bound if self.falling else value >= bound


MEASURES: Sequence[Measure] = (
    Measure(cause=PROCESS_DOWN, kind="alive", bound=0, words="it does not run", falling=True),
    Measure(cause=LOCK_PILEUP, kind="lock_waiters", bound=3, words="sessions wait for a lock"),
    Measure(cause=DISK_FULL, kind="disk_used_ratio", bound=0.9, words="of its space is used"),
    Measure(cause=TABLE_BLOAT, kind="dead_tuples", bound=10_000, words="dead rows", binding="table"),
    Measure(cause=WAL_BACKLOG, kind="wal_bytes_since_checkpoint", bound=2**30, words="bytes since the last checkpoint"),
)


def crossed(findings: Findings, subject: Subject) -> Sequence[tuple[Measure, Evidence, float]]:
    """Return the measures that a subject's readings cross, in the order of `MEASURES`."""
    return [
        (measure, one, value)
        for measure in MEASURES
        for one, value in findings.numbers(measure.kind, subject.name)
        if measure.holds(value, subject)
    ]


def refuted(cause: Cause, findings: Findings, subject: Subject) -> bool:
    """Return whether readings of this cause were taken on the subject and none shows it."""
    readings = [
        measure.holds(value, subject)
        for measure in MEASURES
        if measure.cause == cause
        for _, value in findings.numbers(measure.kind, subject.name)
    ]
    return bool(readings) and not any(readings)
