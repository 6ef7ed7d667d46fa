"""`Findings`: everything that an engine may read. It gathers nothing itself."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from grace_workers.diagnosis.cause_file import Cause
from grace_workers.diagnosis.cause_library import Causes
from grace_workers.diagnosis.diagnosis import Evidence, Subject, Suggestion
from grace_workers.diagnosis.knowledge import Knowledge
from grace_workers.foundation.ids import TargetName
from grace_workers.signals import Incident, Signal

_FURTHEST = 2
_MOST_NEIGHBOURS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """One incident with its signals (oldest first), the evidence, the knowledge, and all causes and targets.

    `suggestions` are the causes that outcomes of similar problems suggest.
    """

    incident: Incident
    signals: tuple[Signal, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    knowledge: Knowledge = field(default_factory=Knowledge)
    causes: Causes = field(default_factory=Causes)
    subjects: Mapping[TargetName, Subject] = field(default_factory=dict)
    suggestions: tuple[Suggestion, ...] = ()

    @property
    def around(self) -> tuple[Subject, ...]:
        """The reporting target and its dependencies, nearest first."""
        return neighbourhood(self.incident.target, self.subjects)

    def may_have(self, cause: Cause) -> tuple[Subject, ...]:
        """Return the reporting target, or those targets in reach whose kind can have the cause, nearest first."""
        near = self.around
        return near[:1] if cause.is_of_any_target else tuple(one for one in near if cause.may_be_of(one))

    def of(self, kind: str, subject: TargetName) -> Iterator[Evidence]:
        """Yield the evidence of one kind on one subject, in the order in which it was gathered."""
        return (one for one in self.evidence if one.kind == kind and one.subject == subject)

    def numbers(self, kind: str, subject: TargetName) -> Iterator[tuple[Evidence, float]]:
        """Yield the numeric evidence, with its numbers."""
        for one in self.of(kind, subject):
            if isinstance(one.value, int | float):
                yield one, float(one.value)

    def error_lines(self) -> tuple[str, ...]:
        """Return the error lines: those gathered and those in the texts of the signals."""
        gathered = (one.value for one in self.evidence if one.kind == "recent_errors")
        lines = [line for value in gathered if isinstance(value, list) for line in value if isinstance(line, str)]
        return (*lines, *(signal.text for signal in self.signals if signal.text))


def neighbourhood(
    target: TargetName | None, subjects: Mapping[TargetName, Subject], *, furthest: int = _FURTHEST
) -> tuple[Subject, ...]:
    """Return the target and its dependencies up to `furthest` steps away, nearest first, each once; cycles are fine."""
    found: dict[TargetName, Subject] = {}
    ring: Iterable[TargetName] = [target] if target is not None else []
    for _ in range(furthest + 1):
        fresh = [name for name in dict.fromkeys(ring) if name in subjects and name not in found]
        found.update((name, subjects[name]) for name in fresh)
        ring = [name for known in fresh for name in subjects[known].depends_on]
    return tuple(found.values())[:_MOST_NEIGHBOURS]
