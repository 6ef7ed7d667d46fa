"""`Check`: what can be read from a target through one of its roles. One check is one file beside this one."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Generic, TypeAlias, TypeVar

from grace_workers.foundation.catalog import Reference
from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.errors import ConflictError, ThrottledError, TransientError
from grace_workers.foundation.ids import TargetKind
from grace_workers.signals import Factor

R = TypeVar("R")
P = TypeVar("P", bound=Document)

Labels: TypeAlias = Mapping[str, str]
Tolerance: TypeAlias = Callable[[float, Labels], bool]

EVERY_KIND: tuple[TargetKind, ...] = (TargetKind("*"),)
"""Evidence for every target, whatever its kind, that plays the role of the check."""


def once(labels: Labels) -> Sequence[Mapping[str, JsonValue]]:
    """Return the params of one reading without special requests."""
    del labels
    return [{}]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Generic[R, P]):
    """One thing to read.

    `probe` returns a number in `unit`, or a list of facts if `unit` is None; it may raise, which the caller
    records. `evidence_for` are the kinds of targets for which diagnosis takes the reading, and `from_labels`
    returns the params of each reading that a target's labels ask for. `tolerates` returns whether a reading is
    normal; a check without it cannot tell. A check that `lingers` counts recent events, so it still shows a fault
    for a while after its cure. `detail` names the check whose facts explain the number. `exhausted_at` is the
    reading at which a resource is used up; a label `<check>_full` of the target sets its own. `factor` is what the
    reading foretells a failure by; for restarts it reads the seconds since the last one.
    """

    name: str
    summary: str
    unit: str | None
    role: type[R]
    params: type[P]
    probe: Callable[[R, P], JsonValue]
    evidence_for: Sequence[TargetKind] = ()
    from_labels: Callable[[Labels], Sequence[Mapping[str, JsonValue]]] = once
    tolerates: Tolerance | None = None
    lingers: bool = False
    detail: str | None = None
    exhausted_at: float | None = None
    factor: Factor | None = None

    def is_evidence_for(self, kind: TargetKind, roles: Collection[str]) -> bool:
        """Return whether diagnosis takes the reading for a target of this kind that plays these roles."""
        return kind in self.evidence_for or (self.evidence_for == EVERY_KIND and self.role.__name__ in roles)

    def references(self) -> Iterator[Reference]:
        """Yield the kinds and the check that this one names."""
        if self.evidence_for != EVERY_KIND:
            yield from (Reference("kind", kind) for kind in self.evidence_for)
        if self.detail is not None:
            yield Reference("check", self.detail)


AnyCheck = Check[Any, Any]


def bound_of(check: str, general: float, labels: Labels) -> float:
    """Return the bound of a check that a target's label `<check>_bound` sets, or the general one.

    A label that is not a finite number is ignored.
    """
    try:
        own = float(labels.get(f"{check}_bound", general))
    except ValueError:
        return general
    return own if isfinite(own) else general


def listed(labels: Labels, label: str) -> Sequence[str]:
    """Return the entries of a label, which separates them by commas."""
    return [entry.strip() for entry in labels.get(label, "").split(",") if entry.strip()]


def below(check: str, bound: float) -> Tolerance:
    """Return the tolerance of readings below the bound, which a label may change."""
    return lambda value, labels: value < bound_of(check, bound, labels)


def above(check: str, bound: float) -> Tolerance:
    """Return the tolerance of readings above the bound, which a label may change."""
    return lambda value, labels: value > bound_of(check, bound, labels)


def answers(ask: Callable[[], object]) -> float:
    """Return 1 when a server answers, 0.5 when it is there and refuses, else 0.

    Raises:
        ThrottledError: we asked too often and made no call, so whether it answers is unknown.
    """
    try:
        ask()
    except ConflictError:
        return 0.5
    except ThrottledError:
        raise
    except TransientError:
        return 0.0
    return 1.0
