"""`Causes`: the named problems of some folders as they were read at one moment. Immutable."""

from collections.abc import Iterable, Iterator, Sequence
from types import MappingProxyType

from grace_workers.diagnosis.cause_file import Cause
from grace_workers.diagnosis.recognising import SignalWords, SymptomMatch
from grace_workers.foundation.canonical import digest
from grace_workers.foundation.errors import NotFoundError
from grace_workers.signals import Signal


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
        found = [(cause, _most_telling(cause, said)) for cause in self]
        return sorted(((cause, seen) for cause, seen in found if seen), key=lambda pair: pair[1].weight, reverse=True)


def _most_telling(cause: Cause, said: Sequence[SignalWords]) -> SymptomMatch | None:
    seen = (one for one in map(cause.seen_in, said) if one is not None)
    return max(seen, key=lambda one: one.weight, default=None)
