"""Phrases in texts: at the borders of words, with gaps for values, and not where the text says that there is none."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache

GAP = "..."
"""Between two parts of a phrase it stands for whatever a program puts there, within one line."""

_LONGEST_GAP = 80
_ENDING = re.compile(r"(?:s|es|d|ed|ing)?(?![^\W_])")

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
# `liveness probe failed (recovered)`, but not `connection refused; has not recovered`.
_OVER = re.compile(
    r"\b(?:recovered|resolved|retried successfully|succeeded (?:after|on)|back to normal|healthy again"
    r"|returned to ready)\b"
)
_NOT_YET = re.compile(r"\b(?:not|never|cannot|to be|until|unless|when|once|if)\b|n't\b")
_NEAR, _LONGEST_REST = 40, 160


@cache
def pieces(phrase: str) -> Sequence[str]:
    """Return the parts of a phrase between its gaps."""
    return tuple(piece.strip() for piece in phrase.split(GAP))


def longest(phrases: Iterable[str], text: str) -> str | None:
    """Return the longest of the phrases in the text that begin where a word does and end where one may end.

    A phrase of which the text counts or says none says nothing: `0% packet loss`, `tasks failed: 0`, `no timeout`. Nor
    does one of which the line says that it is over: `probe failed (recovered)`.
    """
    # Nearly all texts hold none of a cause's phrases, and every signal is compared with all causes.
    if not text or not (there := [one for one in phrases if all(piece in text for piece in pieces(one))]):
        return None
    return max((phrase for phrase in there if _stands_in(text, phrase)), key=len, default=None)


def leading(phrases: Iterable[str], names: Collection[str]) -> str | None:
    """Return the longest of the phrases with which the words of one of these names begin."""
    found = (one for one in phrases if any(name.startswith(one) and _ENDING.match(name, len(one)) for name in names))
    return max(found, key=len, default=None)


def _stands_in(text: str, phrase: str) -> bool:
    first, *more = pieces(phrase)
    for at, after in _places(text, first, 0, len(text)):
        end = _onwards(text, after, more)
        if end is not None and not _counts_none(text, at, end) and not _is_over(text, end):
            return True
    return False


def _onwards(text: str, at: int, more: Sequence[str]) -> int | None:
    """Return where the last of these parts ends, if they follow within the line; None if they do not."""
    for piece in more:
        line = text.find("\n", at)
        until = min(at + _LONGEST_GAP + len(piece), len(text) if line < 0 else line)
        found = next(_places(text, piece, at, until), None)
        if found is None:
            return None
        _, at = found
    return at


def _places(text: str, piece: str, begin: int, until: int) -> Iterator[tuple[int, int]]:
    """Yield where a part of a phrase begins and ends, as words do."""
    at = text.find(piece, begin, until)
    while at >= 0:
        after = at + len(piece)
        begins = at == 0 or not (piece[0].isalnum() and text[at - 1].isalnum())
        if begins and (not piece[-1].isalnum() or _ENDING.match(text, after)):
            yield at, after
        at = text.find(piece, at + 1, until)


def _counts_none(text: str, at: int, after: int) -> bool:
    """Return whether the text says that there is none of the phrase between these places."""
    begin = max(0, at - _NEAR)
    counted = _ZERO_BEFORE.search(text, begin, at) or _ZERO_AFTER.match(text, after)
    return bool(counted or _DENIED_BEFORE.search(text, begin, at))


def _is_over(text: str, after: int) -> bool:
    """Return whether the rest of the line says that what was told before is over."""
    line = text.find("\n", after)
    until = min(after + _LONGEST_REST, len(text) if line < 0 else line)
    said = _OVER.finditer(text, after, until)
    return any(not _NOT_YET.search(text, max(after, one.start() - _NEAR), one.start()) for one in said)
