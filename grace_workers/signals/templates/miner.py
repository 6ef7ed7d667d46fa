"""Which shapes are one template: a position where equal shapes differ holds values, once enough were seen there.

The result depends on the set of shapes seen, not on their order: a position only ever opens, and an open position joins
everything that fits. So the mapping of an id changes only by a merge.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b

from grace_workers.signals.templates.alignment import aligned
from grace_workers.signals.templates.masking import MASK, key_of
from grace_workers.signals.templates.shape import shape, shown

_WORDS = re.compile(r"([^\s=,;:()\[\]{}\"'<>|]+)")
_LETTERS = re.compile(r"[^\W\d_]{3,}")
_VALUE_LIKE = re.compile(rf".*[{MASK}0-9/\\@+$~].*|.*\w\.\w.*", re.DOTALL)
_STATE = re.compile(r"[A-Z][A-Z_]+")
_HOLE = "\x00"
_NAMED = frozenset(
    {"user", "username", "login", "account", "host", "hostname", "node", "client"}
    | {"peer", "device", "interface", "named", "called"}
)
_BEFORE_A_NAME = frozenset(["for", "from", "by", "of", "to", "as", "on", "at", "with", "in", "via"])
# How many different words make a position one for values. Two suffice where a name is expected or words look like
# values.
_VALUES, _BESIDE_VALUES, _KEYED, _AFTER_A_PREPOSITION, _ANYWHERE = 2, 3, 4, 5, 10
_MOST_LINES, _MOST_KEYS, _MOST_SHAPES, _MOST_PLACES = 100_000, 50_000, 20_000, 200_000


@dataclass(slots=True)
class _Place:
    """What was seen at one position of otherwise equal shapes: each value or word, with the node of its shape."""

    values: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    masked: bool = False
    takes_values: bool = False
    takes_words: bool = False


class TemplateMiner:
    """Gives lines the id of their template. One stream, or several mixed; bounded, and not safe for threads.

    Beyond its limits it learns no new positions, and a line is known only by its shape.
    """

    def __init__(self) -> None:
        self._lines: dict[str, str] = {}
        self._keys: dict[str, str] = {}
        self._nodes: dict[str, str] = {}
        self._places: dict[str, _Place] = {}
        self._parents: dict[str, str] = {}

    def signatures(self, lines: Iterable[str]) -> Iterator[str]:
        """Yield the id of each line as it arrives."""
        known = self._lines
        for line in lines:
            found = known.get(line)
            yield self.sign(line) if found is None else found

    def sign(self, line: str) -> str:
        """Return the id of a line's template, as known so far: twelve hexadecimal digits."""
        key = key_of(line)
        found = self._keys.get(key)
        if found is None:
            found = self._node(shape(key))
            _put(self._keys, key, found, most=_MOST_KEYS)
        root = self._root(found)
        _put(self._lines, line, root, most=_MOST_LINES)
        return root

    def learn(self, text: str) -> str:
        """Return the id of the template of a shape, as known so far."""
        return self._root(self._node(text))

    def resolve(self, ids: Iterable[str]) -> list[str]:
        """Return what each id maps to after the merges so far. An unknown id maps to itself."""
        return [self._root(one) for one in ids]

    def templates(self) -> dict[str, str]:
        """Return the template of each id that no other has absorbed, values shown as `<*>`.

        It is what the lines seen lately have in common; where none of them is known any more, it is the widest shape.
        """
        shapes: dict[str, str] = {}
        lines: dict[str, list[str]] = {}
        for text, one in self._nodes.items():
            root = self._root(one)
            shapes[root] = max(shapes.get(root, ""), text, key=lambda it: (it.count(MASK), it))
        for line, one in self._lines.items():
            lines.setdefault(self._root(one), []).append(line)
        return {root: shown(aligned(lines[root]) if root in lines else text) for root, text in shapes.items()}

    def _root(self, one: str) -> str:
        while (above := self._parents.get(one, one)) != one:
            one = above
        return one

    def _node(self, text: str) -> str:
        """Return the node of a shape; a new shape is entered at each of its positions."""
        known = self._nodes.get(text)
        if known is not None:
            return known
        one = blake2b(text.encode(errors="backslashreplace"), digest_size=6).hexdigest()
        if len(self._nodes) < _MOST_SHAPES:
            self._nodes[text] = one
            for hole, word, need in _places(text):
                self._enter(hole, word, one, need)
        return one

    def _enter(self, hole: str, word: str, one: str, need: int) -> None:
        place = self._places.get(hole)
        if place is None:
            if len(self._places) >= _MOST_PLACES:
                return
            place = self._places[hole] = _Place()
        value = need <= _VALUES or bool(_VALUE_LIKE.fullmatch(word))
        (place.values if value else place.words)[word] = one
        place.masked |= word == MASK
        if len(place.words) >= (min(need, _BESIDE_VALUES) if place.masked else need):
            place.takes_values = place.takes_words = True
        place.takes_values |= len(place.values) >= _VALUES
        if place.takes_values or place.takes_words:
            self._join(place, hole)

    def _join(self, place: _Place, hole: str) -> None:
        """Merge what an open position holds with the template that has a value there; merged parts are not kept."""
        whole = self._node(hole.replace(_HOLE, MASK))
        found = [*place.values.values(), *(place.words.values() if place.takes_words else ())]
        place.values.clear()
        if place.takes_words:
            place.words.clear()
        for one in found:
            self._unite(one, whole)

    def _unite(self, one: str, other: str) -> None:
        first, second = self._root(one), self._root(other)
        if first != second:
            self._parents[max(first, second)] = min(first, second)


def _put(known: dict[str, str], key: str, value: str, *, most: int) -> None:
    if len(known) >= most:
        known.clear()
    known[key] = value


def _places(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield, for each position that may hold values, the shape with a hole there, the word, and how many make it one.

    The first word of a line names its author, and words in capitals name states: neither is a value.
    """
    parts = _WORDS.split(text)
    telling = sum(bool(_LETTERS.search(word)) for word in parts[1::2])
    for at in range(3, len(parts), 2):
        word = parts[at]
        others = telling - bool(_LETTERS.search(word))
        if others >= (2 if word.isalpha() else 1) and not _STATE.fullmatch(word):
            yield "".join((*parts[:at], _HOLE, *parts[at + 1 :])), word, _need(parts, at)


def _need(parts: list[str], at: int) -> int:
    before, after = parts[at - 1], parts[at + 1]
    if before.rstrip().endswith("="):
        return _KEYED
    said = parts[at - 2].lower() if before.strip(" \"'") == "" else ""
    quoted = before[-1:] in {'"', "'"} and after[:1] == before[-1:]
    if said in _NAMED or quoted:
        return _VALUES
    return _AFTER_A_PREPOSITION if said in _BEFORE_A_NAME else _ANYWHERE
