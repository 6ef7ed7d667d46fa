"""Recognising causes in what signals say: by names first, then by words, the more specific before the less."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from itertools import islice

from grace_workers.signals import Signal, parse_failure

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
# `KeyError: 'customer'` and `requests.ConnectionError(...)` in a line of its own, without a traceback.
_ERROR = re.compile(
    r"(?:^|(?<=[\s(\[<]))((?:[A-Za-z_]\w{0,80}\.){0,10}[A-Z]\w{0,80}(?:Error|Exception))(?=[:(]|\s*$)", re.MULTILINE
)
# `NoBrokersAvailable`, `ACCESS_REFUSED`: names in which programs say what is wrong.
_NAMED = re.compile(r"\b(?:[A-Z]{1,20}[a-z0-9]{1,40}){2,12}\b|\b[A-Z]{2,20}(?:_[A-Z]{2,20}){1,8}\b")
_MOST_NAMES = 40
_HEAD, _TAIL = 4_000, 12_000


def plain(name: str) -> str:
    """Return the letters and digits of a name, so that `HighLatency` and `high latency` are one."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


class Telling(IntEnum):
    """How much a match in a signal says about a cause.

    An annotation may mention many things. The words of a summary or a log are a program's own; those of a name, and
    the name as a whole, were chosen for the problem. A label distinguishes what alerts of one name are about.
    """

    ANNOTATION = 1
    WORDS = 2
    EXCEPTION = 3
    NAME_WORDS = 4
    NAME = 5
    LABEL = 6


@dataclass(frozen=True, slots=True)
class SymptomMatch:
    """What in a signal points to a cause, in words, and how much it says: a longer phrase says more."""

    says: str
    telling: Telling
    length: int = 0

    @property
    def weight(self) -> tuple[int, int]:
        """The order in which stronger matches come first."""
        return self.telling, self.length


class SignalWords:
    """The content of a signal, prepared for comparison with many causes. Of a long text, beginning and end count."""

    def __init__(self, signal: Signal) -> None:
        self._signal = signal
        self.shown_name = signal.name
        self.name = plain(signal.name)
        self.labels: Mapping[str, str] = signal.labels

    @cached_property
    def name_words(self) -> str:
        """The words of the name: `RedisMasterLinkDown` says `redis master link down`."""
        return _words(self.shown_name)

    @cached_property
    def told(self) -> str:
        """Summary and text."""
        return _cut(f"{self._signal.summary}\n{self._signal.text or ''}")

    @cached_property
    def names(self) -> Collection[str]:
        """The words of the names in summary and text: `NoBrokersAvailable` says `no brokers available`."""
        return names_in(f"{self._signal.summary}\n{self._signal.text or ''}"[:_HEAD])

    @cached_property
    def annotated(self) -> str:
        """The annotations of an alert."""
        found = self._signal.attributes.get("annotations")
        return _cut("\n".join(str(one) for one in found.values())) if isinstance(found, dict) else ""

    @cached_property
    def exception(self) -> str | None:
        """The type that the traceback ends in."""
        failure = parse_failure(self._signal.text) if self._signal.text else None
        return None if failure is None else failure.exception

    @cached_property
    def error(self) -> str | None:
        """The type of the first error that is named, if there is no traceback."""
        named = _ERROR.search(f"{self._signal.summary}\n{self._signal.text or ''}"[:_HEAD])
        return None if named is None or self.exception is not None else named[1]


def names_in(text: str) -> Collection[str]:
    """Return the names of several words that stand in a text, each as its words."""
    return {_words(name[0]) for name in islice(_NAMED.finditer(text), _MOST_NAMES)}


def _words(name: str) -> str:
    return " ".join(word.casefold() for word in _WORD.findall(name))


def _cut(text: str) -> str:
    short = text if len(text) <= _HEAD + _TAIL else f"{text[:_HEAD]}\n{text[-_TAIL:]}"
    return short.casefold()
