"""`Findings`: everything an engine may read, and how it asks for it. Gathers nothing."""

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
    """One incident, its signals (oldest first), what was gathered, what is known, the causes and targets there are.

    `suggestions` are what outcomes of problems like this one suggest.
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
        """The complaining target and what it depends on, nearest first."""
        return neighbourhood(self.incident.target, self.subjects)

    def may_have(self, cause: Cause) -> tuple[Subject, ...]:
        """Return the complaining target, or the targets around of the kinds that can have the cause, nearest first."""
        near = self.around
        return near[:1] if cause.is_of_any_target else tuple(one for one in near if cause.may_be_of(one))

    def of(self, kind: str, subject: TargetName) -> Iterator[Evidence]:
        """Yield the evidence of one kind on one subject, in the order gathered."""
        return (one for one in self.evidence if one.kind == kind and one.subject == subject)

    def numbers(self, kind: str, subject: TargetName) -> Iterator[tuple[Evidence, float]]:
        """Yield the evidence that is a number, with the number."""
        for one in self.of(kind, subject):
            if isinstance(one.value, int | float):
                yield one, float(one.value)

    def error_lines(self) -> tuple[str, ...]:
        """Return the error lines seen: those gathered and the texts of the signals."""
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
