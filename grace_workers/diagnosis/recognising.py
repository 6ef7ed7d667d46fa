"""Recognising causes in what signals say: by names first, then by words, the more specific before the less."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

from grace_workers.signals import Signal, parse_failure

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_ENDING = re.compile(r"(?:s|es|d|ed|ing)?(?![^\W_])")
_HEAD, _TAIL = 4_000, 12_000

# `0% packet loss` and `with 0 tasks failed`, but not `node 0 is down`: there the zero is a name.
_ZERO_BEFORE = re.compile(
    r"(?:(?<![\w.])(?:0(?:\.0+)?\s{0,3}%|zero)"
    r"|(?:\A|[\n,;:(|\[]\s{0,3}|\b(?:and|found|had|has|have|of|reported|saw|with)\s{1,3})(?<![\w.=-])0(?:\.0+)?)\s{1,3}\Z"
)
# `tasks failed: 0`, but not `disk full: 0 bytes free`: there the zero counts something else.
_ZERO_AFTER = re.compile(
    r"(?:s|es|d|ed|ing)?[\"']?\s{0,3}(?:count|percent|percentage|rate|ratio|total)?\s{0,3}(?:is|of|was)?\s{0,3}[:=]?\s{0,3}"
    r"0(?:\.0+)?\s{0,3}%?(?=\s{0,3}(?:\Z|[\n,;)|}\]])|\.(?:\s|\Z))"
)
# `no ImagePullBackOff observed`, `without a timeout`, but not `no: timeout`.
_DENIED_BEFORE = re.compile(r"(?<![\w.-])(?:no|without(?:\s{1,3}(?:a|an|any))?)\s{1,3}\Z")
_NEAR = 40


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
        return " ".join(word.casefold() for word in _WORD.findall(self.shown_name))

    @cached_property
    def told(self) -> str:
        """Summary and text."""
        return _cut(f"{self._signal.summary}\n{self._signal.text or ''}")

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


def longest(phrases: Iterable[str], text: str) -> str | None:
    """Return the longest of the phrases in the text that begin where a word does and end where one may end.

    A phrase of which the text counts or says none says nothing: `0% packet loss`, `tasks failed: 0`, `no timeout`.
    """
    # Nearly all texts hold none of a cause's phrases, and every signal is compared with all causes.
    if not text or not (there := [phrase for phrase in phrases if phrase in text]):
        return None
    return max((phrase for phrase in there if _stands_in(text, phrase)), key=len, default=None)


def _stands_in(text: str, phrase: str) -> bool:
    at = text.find(phrase)
    while at >= 0:
        after = at + len(phrase)
        begins = at == 0 or not (phrase[0].isalnum() and text[at - 1].isalnum())
        ends = not phrase[-1].isalnum() or _ENDING.match(text, after)
        if begins and ends and not _counts_none(text, at, after):
            return True
        at = text.find(phrase, at + 1)
    return False


def _counts_none(text: str, at: int, after: int) -> bool:
    """Return whether the text says that there is none of the phrase between these places."""
    begin = max(0, at - _NEAR)
    counted = _ZERO_BEFORE.search(text, begin, at) or _ZERO_AFTER.match(text, after)
    return bool(counted or _DENIED_BEFORE.search(text, begin, at))


def _cut(text: str) -> str:
    short = text if len(text) <= _HEAD + _TAIL else f"{text[:_HEAD]}\n{text[-_TAIL:]}"
    return short.casefold()
