"""`Trigger`: a pure predicate over the readings of one target; and `Reading`, its input."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from grace_workers.foundation.catalog import Reference
from grace_workers.foundation.ids import TargetName
from grace_workers.signals.signal import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One reading of a check on a target. `value` is None when the probe itself failed. `lines` are raw error lines."""

    check: str
    target: TargetName
    value: float | None
    at: datetime
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesReading:
    """A reading of a series that is watched for long: the labels of its target, and the level at which it is full."""

    reading: Reading
    labels: Mapping[str, str]
    full: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """One kind of detection.

    `checks` are the readings it looks at, with the bound for each; those of `targets` only, if there are any. `judge`
    gets the bound and one check's readings on one target, oldest first and never empty; it returns an explanation of
    what it sees, or None.
    """

    name: str
    summary: str
    severity: Severity
    checks: Mapping[str, float]
    judge: Callable[[float, Sequence[Reading]], str | None]
    targets: frozenset[TargetName] = frozenset()

    def references(self) -> Iterator[Reference]:
        """Yield the checks that it names."""
        yield from (Reference("check", name) for name in self.checks)
