"""A type as mypy reveals it, as an annotation that can be written: its text, and the names that it needs."""

import builtins
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

_TOKEN = re.compile(r"\s*([\w.]+|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|\.\.\.|->|[^\s])")
_LITERALS = {"True": "bool", "False": "bool"}
_MOVED = MappingProxyType({
    "typing.Iterator": "collections.abc.Iterator", "typing.Iterable": "collections.abc.Iterable",
    "typing.Generator": "collections.abc.Generator", "typing.Mapping": "collections.abc.Mapping",
    "typing.Sequence": "collections.abc.Sequence", "typing.Coroutine": "collections.abc.Coroutine",
    "typing.AsyncIterator": "collections.abc.AsyncIterator", "typing.KeysView": "collections.abc.KeysView",
    "typing.ItemsView": "collections.abc.ItemsView", "typing.ValuesView": "collections.abc.ValuesView",
    "typing.Callable": "collections.abc.Callable", "typing.Awaitable": "collections.abc.Awaitable",
    "typing.MutableMapping": "collections.abc.MutableMapping", "typing.Collection": "collections.abc.Collection",
    "typing.AsyncGenerator": "collections.abc.AsyncGenerator", "typing.Hashable": "collections.abc.Hashable",
    "_collections_abc.dict_keys": "collections.abc.KeysView",
    "_collections_abc.dict_items": "collections.abc.ItemsView",
    "_collections_abc.dict_values": "collections.abc.ValuesView", "_io.TextIOWrapper": "io.TextIOWrapper",
    "_io.BytesIO": "io.BytesIO", "_io.StringIO": "io.StringIO", "_io.BufferedReader": "io.BufferedReader",
    "_io.BufferedWriter": "io.BufferedWriter", "_struct.Struct": "struct.Struct", "_hashlib.HASH": "hashlib._Hash",
    "_thread.RLock": "threading.RLock", "_thread.lock": "threading.Lock",
})  # fmt: skip
_MOST_MEMBERS = 4


class Unwritable(ValueError):  # noqa: N818
    """There is no annotation for it, or it says nothing."""


@dataclass(frozen=True, slots=True)
class WrittenType:
    """The text of an annotation; `needs` maps each name in it that is not built in to where it is imported from."""

    text: str
    needs: Mapping[str, str]

    @property
    def plain(self) -> bool:
        """Whether Python of any version can evaluate it."""
        return self.text.isidentifier() and not self.needs


_CALLABLE = WrittenType("Callable[..., Any]", {"Callable": "collections.abc", "Any": "typing"})


def union_of(parts: Iterable[WrittenType], *, partly: bool = False) -> WrittenType:
    """Return the type of what has one of these types; `partly` says whether members that are not known may be Any.

    Raises:
        Unwritable: no member is known, or one is not, or there are too many.
    """
    found: dict[str, WrittenType] = {}
    for one in parts:
        found[one.text] = one
    for narrow, wide in (("bool", "int"), ("int", "float")):
        if wide in found:
            found.pop(narrow, None)
    last = [found.pop(name) for name in ("Any", "None") if name in found]
    members = [*found.values(), *last]
    unknown = {"Any", "object"} & {one.text for one in members}
    if not members or len(members) > _MOST_MEMBERS or (unknown and not (partly and unknown == {"Any"} and members[1:])):
        raise Unwritable
    needs = {name: place for one in members for name, place in one.needs.items()}
    return WrittenType(" | ".join(one.text for one in members), needs)


def read_type(said: str, module: str) -> list[WrittenType]:
    """Return the members of a type that mypy reveals in `module`, without NotImplemented and without repeated ones.

    Raises:
        Unwritable: it cannot be written as an annotation.
    """
    reader = _Reader(said, module)
    members = reader.union()
    if reader.left:
        raise Unwritable
    return members


class _Reader:
    def __init__(self, said: str, module: str) -> None:
        self.left = [one[0] or one[1] for one in ((m.group(1), "") for m in _TOKEN.finditer(said))]
        self.left.reverse()
        self.module = module

    def _peek(self) -> str:
        return self.left[-1] if self.left else ""

    def _take(self, expected: str = "") -> str:
        word = self.left.pop() if self.left else ""
        if not word or (expected and word != expected):
            raise Unwritable
        return word

    def union(self) -> list[WrittenType]:
        members = self._member()
        while self._peek() == "|":
            self._take()
            members += self._member()
        return list({one.text: one for one in members}.values())

    def _one(self) -> WrittenType:
        """Read an argument of a generic type, where a type that is not known may stand."""
        members = self.union()
        if any(one.text == "Any" for one in members):
            return WrittenType("Any", {"Any": "typing"})
        return union_of(members)

    def _member(self) -> list[WrittenType]:
        word = self._take()
        if word in {"def", "Overload"}:
            self._function()
            return [_CALLABLE]
        if word == "(":
            members = self.union()
            self._take(")")
            return members
        if word == "Literal":
            return [self._literal()]
        if word in {"...", "Never"} or not (word[0].isalpha() or word[0] == "_"):
            raise Unwritable
        self._question()
        if word in {"types.NotImplementedType", "NotImplementedType"}:
            return []
        return [self._named(word)]

    def _question(self) -> None:
        if self._peek() == "?":
            self._take()

    def _literal(self) -> WrittenType:
        self._take("[")
        word = self._take()
        while self._peek() != "]":
            word += self._take()
        self._take("]")
        self._question()
        if word in _LITERALS:
            return WrittenType("bool", {})
        if word.lstrip("-").isdigit():
            return WrittenType("int", {})
        if word[:1] in "'\"":
            return WrittenType("str", {})
        if word[:2] in {"b'", 'b"'}:
            return WrittenType("bytes", {})
        return self._resolved(word.rpartition(".")[0])

    def _function(self) -> None:
        """Pass over a callable's signature."""
        depth = 0
        while self.left:
            word = self._peek()
            if depth == 0 and word in {"]", ",", "|", ")"}:
                return
            depth += (word in {"(", "["}) - (word in {")", "]"})
            self._take()

    def _named(self, word: str) -> WrittenType:
        if word == "None":
            return WrittenType("None", {})
        if word == "Any":
            return WrittenType("Any", {"Any": "typing"})
        if word == "functools._Wrapped":
            self._function()
            return _CALLABLE
        base = self._resolved(word)
        if self._peek() in {"@", "`"}:
            raise Unwritable
        if self._peek() != "[":
            return base
        self._take("[")
        arguments = list(self._arguments())
        if self._peek() == "fallback":
            return self._fallback()
        self._take("]")
        if not arguments:
            raise Unwritable
        needs = {name: place for one in [base, *arguments] for name, place in one.needs.items()}
        return WrittenType(f"{base.text}[{', '.join(one.text for one in arguments)}]", needs)

    def _nothing(self) -> WrittenType:
        """Read the arguments of the empty tuple."""
        self._take("(")
        self._take(")")
        return WrittenType("()", {})

    def _fallback(self) -> WrittenType:
        """Read the class of a named tuple, behind the types of its fields."""
        for word in ("fallback", "="):
            self._take(word)
        named = self._resolved(self._take())
        self._take("]")
        return named

    def _arguments(self) -> Iterator[WrittenType]:
        while self._peek() not in {"]", "fallback"}:
            if self._peek() == "...":
                self._take()
                yield WrittenType("...", {})
            elif self._peek() == "(":
                yield self._nothing()
            elif self._peek() == "Never":
                self._take()
                yield WrittenType("Any", {"Any": "typing"})
            else:
                yield self._one()
            if self._peek() == ",":
                self._take()

    def _resolved(self, word: str) -> WrittenType:
        """Return the name by which a class is written in the module."""
        word = _MOVED.get(word, word)
        word = word.removeprefix("builtins.")
        module, _, name = word.rpartition(".")
        if not module:
            if not isinstance(getattr(builtins, name, None), type):
                raise Unwritable
            return WrittenType(name, {})
        if word.startswith(f"{self.module}."):
            inner = word[len(self.module) + 1 :]
            return WrittenType(inner, {inner.partition(".")[0]: ""})
        if any(step.startswith("_") for step in module.split(".")[:1]) or not name.isidentifier():
            raise Unwritable
        return WrittenType(name, {name: module})
