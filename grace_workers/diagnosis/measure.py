"""Measures: readings that by themselves show, bear out or rule out a cause."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from grace_workers.checks import bound_of
from grace_workers.diagnosis.cause import (
    BAD_FLAG,
    DATABASE_LOCKED,
    DISK_FULL,
    HIGH_LATENCY,
    KERNEL_FAILING,
    LOCK_PILEUP,
    LOG_FLOOD,
    PROCESS_DOWN,
    PROCESS_HUNG,
    STALE_CACHE,
    TABLE_BLOAT,
    WAL_BACKLOG,
)
from grace_workers.diagnosis.diagnosis import Cause, Evidence, Subject
from grace_workers.diagnosis.findings import Findings
from grace_workers.foundation.document import JsonValue

NOTHING: Mapping[str, JsonValue] = {}


class Says(StrEnum):
    """How much a reading beyond its bound says: it proposes the cause, confirms what words say, or does not refute."""

    PROPOSES = "proposes"
    CONFIRMS = "confirms"
    ALLOWS = "allows"


class Ground(StrEnum):
    """What the readings of now say of a cause: all show it, one refutes it, or it was not read."""

    SHOWN = "shown"
    REFUTED = "refuted"
    UNREAD = "unread"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A cause holds where the reading is at or beyond `bound`: above it, or below it where `falling`.

    A cause with several measures holds where all of them do. A label `<kind>_bound` of a target sets its own bound.
    `binding` is a parameter of the reading that playbooks need. With `near`, the reading may be of any target around.
    """

    cause: Cause
    kind: str
    bound: float
    words: str
    says: Says = Says.PROPOSES
    falling: bool = False
    binding: str | None = None
    near: bool = False

    def bound_for(self, subject: Subject) -> float:
        """Return the target's own bound, or the general one."""
        return bound_of(self.kind, self.bound, subject.labels)

    def holds(self, value: float, subject: Subject) -> bool:
        """Return whether `value` shows the cause."""
        bound = self.bound_for(subject)
        return value <= bound if self.falling else value >= bound

    def is_of(self, params: Mapping[str, JsonValue], bindings: Mapping[str, JsonValue]) -> bool:
        """Return whether a reading with these params is of the very thing that the bindings name."""
        name = self.binding
        return name is None or name not in bindings or params.get(name) == bindings[name]


MEASURES: Sequence[Measure] = (
    Measure(cause=PROCESS_DOWN, kind="alive", bound=0, words="it does not run", falling=True),
    Measure(cause=LOCK_PILEUP, kind="lock_waiters", bound=3, words="sessions wait for a lock"),
    Measure(cause=DISK_FULL, kind="disk_used_ratio", bound=0.9, words="of its space is used"),
    Measure(cause=TABLE_BLOAT, kind="dead_tuples", bound=10_000, words="dead rows", binding="table"),
    Measure(cause=WAL_BACKLOG, kind="wal_bytes_since_checkpoint", bound=2**30, words="bytes since the last checkpoint"),
    Measure(cause=KERNEL_FAILING, kind="serving_seconds", bound=10, words="seconds since it last failed", falling=True),
    Measure(cause=PROCESS_HUNG, kind="alive", bound=1, words="it runs", says=Says.CONFIRMS),
    Measure(
        cause=PROCESS_HUNG,
        kind="http_status",
        bound=0,
        words="no answer",
        says=Says.CONFIRMS,
        falling=True,
        near=True,
    ),
    Measure(cause=DATABASE_LOCKED, kind="lock_waiters", bound=2, words="sessions wait", says=Says.CONFIRMS),
    Measure(cause=HIGH_LATENCY, kind="http_latency_ms", bound=500, words="ms for an answer", says=Says.CONFIRMS),
    Measure(cause=STALE_CACHE, kind="http_latency_ms", bound=500, words="ms", says=Says.CONFIRMS, near=True),
    Measure(cause=STALE_CACHE, kind="cache_files", bound=500, words="cache files", says=Says.CONFIRMS),
    Measure(cause=LOG_FLOOD, kind="log_level_is", bound=1, words="it logs at DEBUG", says=Says.CONFIRMS),
    # Which flag is to blame only words tell; but where no error is logged now, none is.
    Measure(cause=BAD_FLAG, kind="error_count", bound=1, words="errors lately", says=Says.ALLOWS, near=True),
)


def measures_of(cause: Cause) -> tuple[Measure, ...]:
    """Return the readings that could refute a cause; none means that only words speak for it."""
    return tuple(measure for measure in MEASURES if measure.cause == cause)


def can_be_shown(cause: Cause) -> bool:
    """Return whether readings can show the cause, so that memory of it can be held against the present."""
    own = measures_of(cause)
    return bool(own) and all(measure.says is not Says.ALLOWS for measure in own)


def crossed(findings: Findings, subject: Subject) -> Sequence[tuple[Measure, Evidence, float]]:
    """Return the measures that by themselves propose a cause, and that a subject's readings cross."""
    return [
        (measure, one, value)
        for measure in MEASURES
        if measure.says is Says.PROPOSES
        for one, value in findings.numbers(measure.kind, subject.name)
        if measure.holds(value, subject)
    ]


def ground(cause: Cause, findings: Findings, subject: Subject, bindings: Mapping[str, JsonValue] = NOTHING) -> Ground:
    """Return what the readings say of a cause on a subject; with `bindings`, only those of that very table count."""
    said = [_said(measure, findings, subject, bindings) for measure in measures_of(cause)]
    if Ground.REFUTED in said:
        return Ground.REFUTED
    return Ground.SHOWN if said and Ground.UNREAD not in said else Ground.UNREAD


def is_measured(
    cause: Cause, findings: Findings, subject: Subject, bindings: Mapping[str, JsonValue] = NOTHING
) -> bool:
    """Return whether readings of now show the cause, so that neither words nor memory need be believed."""
    return can_be_shown(cause) and ground(cause, findings, subject, bindings) is Ground.SHOWN


def _said(measure: Measure, findings: Findings, subject: Subject, bindings: Mapping[str, JsonValue]) -> Ground:
    held = [measure.holds(value, where) for where, value in _readings(measure, findings, subject, bindings)]
    if not held:
        return Ground.UNREAD
    return Ground.SHOWN if any(held) else Ground.REFUTED


def _readings(
    measure: Measure, findings: Findings, subject: Subject, bindings: Mapping[str, JsonValue]
) -> Iterator[tuple[Subject, float]]:
    for where in findings.around if measure.near else (subject,):
        for one, value in findings.numbers(measure.kind, where.name):
            if measure.is_of(one.params, bindings):
                yield where, value
