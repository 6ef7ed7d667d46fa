"""What the lines of one template have in common: the text that people know the template by."""

import re
from collections import Counter
from collections.abc import Collection, Sequence

from grace_workers.signals.templates.masking import MASK
from grace_workers.signals.templates.shape import masked_by_neighbours

_PARTS = re.compile(r"([\s=,;:()\[\]{}\"'<>|]+)")


def aligned(keys: Collection[str]) -> str:
    """Return the words of the keys of one template, what differs masked; of keys with as many words as most have."""
    split = [masked_by_neighbours(key).split(" ") for key in keys]
    ((length, _),) = Counter(map(len, split)).most_common(1)
    return " ".join(_of_all(set(column)) for column in zip(*(one for one in split if len(one) == length), strict=True))


def _of_all(words: Collection[str]) -> str:
    """Return the parts that these words share, each other part masked; one mask if they are built differently."""
    parts = [_PARTS.split(word) for word in words]
    if len({tuple(one[1::2]) for one in parts}) > 1:
        return MASK
    return "".join(map(_one, zip(*parts, strict=True)))


def _one(column: Sequence[str]) -> str:
    return column[0] if len(set(column)) == 1 else MASK
