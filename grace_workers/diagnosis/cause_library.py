"""`Causes`: the named problems of some folders as they were read at one moment. Immutable."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from grace_workers.diagnosis.cause_file import Cause
from grace_workers.diagnosis.phrases import pieces
from grace_workers.diagnosis.recognising import SignalWords, SymptomMatch
from grace_workers.foundation.canonical import digest
from grace_workers.foundation.errors import NotFoundError
from grace_workers.signals import Signal


@dataclass(frozen=True, slots=True)
class _Pointers:
    """The names of causes by what in a signal can point to them."""

    phrases: Mapping[str, Sequence[str]]
    names: Mapping[str, Sequence[str]]
    labels: Mapping[str, Sequence[str]]
    exceptions: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, causes: Iterable[Cause]) -> "_Pointers":
        """Return what can point to these."""
        known = list(causes)
        return cls(
            phrases=_grouped((max(pieces(phrase), key=len), cause) for cause in known for phrase in cause.words),
            names=_grouped((name, cause) for cause in known for name in cause.signal_names),
            labels=_grouped((label, cause) for cause in known for label in cause.symptoms.labels),
            exceptions=_grouped((name, cause) for cause in known for name in cause.exceptions),
        )

    def near(self, said: SignalWords) -> set[str]:
        """Return all causes that a signal points to, and a few others: comparing it with every cause takes longer."""
        text = "\n".join((said.name_words, said.told, said.annotated, *said.names))
        hits = [names for phrase, names in self.phrases.items() if phrase in text]
        hits += [self.labels[label] for label in said.labels if label in self.labels]
        hits.append(self.names.get(said.name, ()))
        raised = said.exception or said.error
        if raised is not None:
            hits.append(self.exceptions.get(raised, ()))
        return {name for names in hits for name in names}


class Causes:
    """Causes by name."""

    def __init__(self, causes: Iterable[Cause] = ()) -> None:
        ordered = sorted(causes, key=lambda cause: cause.name)
        self._causes = MappingProxyType({cause.name: cause for cause in ordered})
        self.digest = digest([[cause.name, cause.digest] for cause in ordered])

    def __getitem__(self, name: str) -> Cause:
        try:
            return self._causes[name]
        except KeyError:
            raise NotFoundError(f"unknown cause {name[:80]!r}; known: {', '.join(self._causes) or 'none'}") from None

    def __contains__(self, name: object) -> bool:
        return name in self._causes

    def __iter__(self) -> Iterator[Cause]:
        return iter(self._causes.values())

    def __len__(self) -> int:
        return len(self._causes)

    def get(self, name: str) -> Cause | None:
        """Return the cause; None if it no longer exists, as earlier knowledge may name it."""
        return self._causes.get(name)

    @property
    def names(self) -> tuple[str, ...]:
        """All names, in order."""
        return tuple(self._causes)

    def seen_in(self, signals: Iterable[Signal]) -> Sequence[tuple[Cause, SymptomMatch]]:
        """Return the causes that the signals point to, with the reason; stronger ones first."""
        said = [SignalWords(signal) for signal in signals]
        near = frozenset[str]().union(*map(self._pointers.near, said))
        found = [(cause, _most_telling(cause, said)) for cause in self if cause.name in near]
        return sorted(((cause, seen) for cause, seen in found if seen), key=lambda pair: pair[1].weight, reverse=True)

    @cached_property
    def _pointers(self) -> _Pointers:
        return _Pointers.of(self)


def _grouped(pairs: Iterable[tuple[str, Cause]]) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for key, cause in pairs:
        found[key].append(cause.name)
    return dict(found)


def _most_telling(cause: Cause, said: Sequence[SignalWords]) -> SymptomMatch | None:
    seen = (one for one in map(cause.seen_in, said) if one is not None)
    return max(seen, key=lambda one: one.weight, default=None)
