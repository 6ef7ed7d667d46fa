"""What the lines of one template have in common: the text that people know the template by."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from grace_workers.signals.templates.masking import LONGEST_LINE, MASK, key_of
from grace_workers.signals.templates.shape import are_units, folded

_PARTS = re.compile(r"([\s=,;:()\[\]{}\"'<>|]+)")
# A name with a version: `ssh2`, `HTTP/1.1`, `python3.11`. A number alone is a value, though it may be the same for
# long.
_VERSIONED = re.compile(r"[\W_]*[A-Za-z]{2,}[-/]?v?[0-9]{1,2}(?:\.[0-9]{1,2}){0,2}[\W_]*")
_FEWEST = 3
"""From how many different lines a word that looks like a value is known to be always the same."""


def aligned(lines: Collection[str]) -> str:
    """Return the words that the lines of one template share, what differs masked.

    What only some of them have, such as values in brackets, and units that differ, are left out; if they differ even
    then, it is what those of the commonest length share.
    """
    columns: Sequence[Collection[str]] = ()
    for keys in folded({*_keys(lines)}):
        split = [key.split(" ") for key in keys]
        ((length, number),) = Counter(map(len, split)).most_common(1)
        columns = [set(column) for column in zip(*(one for one in split if len(one) == length), strict=True)]
        if number == len(split) and not any(len(column) > 1 and are_units(column) for column in columns):
            break
    return " ".join(map(_of_all, columns))


def _keys(lines: Collection[str]) -> Iterator[str]:
    """Yield the keys of the lines, in which names with a version are kept that all lines share."""
    alike: dict[int, list[list[str]]] = {}
    for line in lines:
        words = line[:LONGEST_LINE].split()
        alike.setdefault(len(words), []).append(words)
    for group in alike.values():
        kept = _constant(group) if len(group) >= _FEWEST else {}
        for words in group:
            yield " ".join(kept.get(at) or key_of(word) for at, word in enumerate(words))


def _constant(group: Sequence[Sequence[str]]) -> dict[int, str]:
    columns = enumerate(set(column) for column in zip(*group, strict=True))
    return {at: word for at, column in columns if len(column) == 1 for word in column if _VERSIONED.fullmatch(word)}


def _of_all(words: Collection[str]) -> str:
    """Return the parts that these words share, each other part masked; one mask if they are built differently."""
    parts = [_PARTS.split(word) for word in words]
    if len({tuple(one[1::2]) for one in parts}) > 1:
        return MASK
    return "".join(map(_one, zip(*parts, strict=True)))


def _one(column: Sequence[str]) -> str:
    return column[0] if len(set(column)) == 1 else MASK
