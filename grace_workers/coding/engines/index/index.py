"""The index of a repository: which symbol is where, who calls whom, and which tests reach what."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from grace_workers.coding.engines.index.facts import CodeSymbol, CodeUse, FileFacts
from grace_workers.coding.protected import is_protected

_STEPS, _MOST_REACHED = 12, 20_000
_PLAIN = frozenset(dir(str)) | frozenset(dir(dict)) | frozenset(dir(list)) | frozenset(dir(set)) | frozenset(dir(bytes))


class IndexedPlace(NamedTuple):
    """A symbol of a file; the module itself has no name."""

    file: str
    name: str

    def __str__(self) -> str:
        return f"{self.file}::{self.name}" if self.name else self.file


class CodeCall(NamedTuple):
    """A use of one symbol by another. Not `sure`: only its name tells, because the object is not known."""

    by: IndexedPlace
    of: IndexedPlace
    line: int
    called: bool
    sure: bool


class CodeIndex:
    """What the facts of all files say together."""

    def __init__(self, files: Mapping[str, FileFacts]) -> None:
        self.files = files
        self._modules = {facts.module: file for file, facts in files.items()}
        self._symbols = {IndexedPlace(file, one.name): one for file, facts in files.items() for one in facts.symbols}
        self._resolved: dict[str, IndexedPlace | None] = {}

    def symbol(self, place: IndexedPlace) -> CodeSymbol | None:
        """Return what is at a place."""
        return self._symbols.get(place)

    def find(self, written: str) -> Sequence[IndexedPlace]:
        """Return what a person may mean: `FILE`, `FILE::NAME`, a dotted name, or the last part of one."""
        file, colons, name = written.partition("::")
        if file in self.files:
            place = IndexedPlace(file, name)
            return [place] if not colons or place in self._symbols else []
        if written in self._modules:
            return [IndexedPlace(self._modules[written], "")]
        exact = self.resolve(written)
        if exact is not None:
            return [exact]
        ending = f".{written}"
        return sorted(
            place for place in self._symbols
            if f".{self.files[place.file].module}.{place.name}".endswith(ending)
        )  # fmt: skip

    def resolve(self, dotted: str) -> IndexedPlace | None:
        """Return what a dotted name stands for, through imports that hand on and classes that inherit."""
        if dotted not in self._resolved:
            self._resolved[dotted] = None  # what refers to itself stands for nothing
            self._resolved[dotted] = self._found(dotted, _STEPS)
        return self._resolved[dotted]

    def callers(self, place: IndexedPlace) -> Sequence[CodeCall]:
        """Return who uses it, by place and line."""
        return sorted(self._incoming.get(place, ()), key=lambda one: (one.by, one.line))

    def callees(self, place: IndexedPlace) -> Sequence[CodeCall]:
        """Return what it uses, in the order of its lines; for a class and a module, what is inside them as well."""
        inside = [one for one in self._outgoing if _is_inside(one, place)]
        return sorted(
            (one for at in inside for one in self._outgoing[at] if not _is_inside(one.of, place)),
            key=lambda one: (one.line, one.of),
        )

    def tests(self, place: IndexedPlace) -> Sequence[IndexedPlace]:
        """Return the tests that reach it by calls, nearest first."""
        seen, wave = {place}, [*_entrances(place)]
        found: list[IndexedPlace] = []
        while wave and len(seen) < _MOST_REACHED:
            following = sorted({one.by for at in wave for one in self._incoming.get(at, ())} - seen)
            seen.update(following)
            found += [one for one in following if self.is_test(one)]
            wave = [entrance for one in following for entrance in _entrances(one)]
        return found

    def is_test(self, place: IndexedPlace) -> bool:
        """Return whether pytest collects it."""
        return is_protected(place.file) and place.name.rpartition(".")[2].startswith("test")

    @cached_property
    def _outgoing(self) -> Mapping[IndexedPlace, Sequence[CodeCall]]:
        found: dict[IndexedPlace, list[CodeCall]] = defaultdict(list)
        for file, facts in self.files.items():
            for use in facts.uses:
                for one in self._calls(file, use):
                    if one.of != one.by:
                        found[one.by].append(one)
        return found

    @cached_property
    def _incoming(self) -> Mapping[IndexedPlace, Sequence[CodeCall]]:
        found: dict[IndexedPlace, list[CodeCall]] = defaultdict(list)
        for calls in self._outgoing.values():
            for one in calls:
                found[one.of].append(one)
        return found

    @cached_property
    def _methods(self) -> Mapping[str, Sequence[IndexedPlace]]:
        found: dict[str, list[IndexedPlace]] = defaultdict(list)
        for place, one in self._symbols.items():
            if one.kind == "method":
                found[place.name.rpartition(".")[2]].append(place)
        return found

    @cached_property
    def _fixtures(self) -> Mapping[str, Sequence[IndexedPlace]]:
        found: dict[str, list[IndexedPlace]] = defaultdict(list)
        for file, facts in self.files.items():
            for name in facts.fixtures:
                found[name.rpartition(".")[2]].append(IndexedPlace(file, name))
        return found

    def _calls(self, file: str, use: CodeUse) -> Iterator[CodeCall]:
        by = IndexedPlace(file, use.by)
        if use.name.startswith("@"):
            yield from (CodeCall(by, one, use.line, called=True, sure=True) for one in self._given(file, use.name[1:]))
        elif use.name.startswith("."):
            same = self._methods.get(use.name[1:], ()) if use.name[1:] not in _PLAIN else ()
            if len(same) == 1:
                yield CodeCall(by, same[0], use.line, use.called, sure=False)
        else:
            found = self.resolve(use.name)
            if found is not None:
                yield CodeCall(by, found, use.line, use.called, sure=True)

    def _given(self, file: str, name: str) -> Iterable[IndexedPlace]:
        """Return the fixture of that name that a test of the file gets: its own, or of the nearest `conftest.py`."""
        known = self._fixtures.get(name, ())
        own = [one for one in known if one.file == file]
        near = [one for one in known if one.file.endswith("conftest.py")
                and file.startswith(one.file.removesuffix("conftest.py"))]  # fmt: skip
        return own[:1] or sorted(near, key=lambda one: -len(one.file))[:1]

    def _found(self, dotted: str, steps: int) -> IndexedPlace | None:
        parts = dotted.split(".")
        for size in range(len(parts), 0, -1):
            file = self._modules.get(".".join(parts[:size]))
            if file is not None:
                return self._inside(file, parts[size:], steps)
        return None

    def _inside(self, file: str, parts: Sequence[str], steps: int) -> IndexedPlace | None:
        """Return what a name in a module stands for."""
        place = IndexedPlace(file, ".".join(parts))
        if not parts or place in self._symbols:
            return place
        if steps == 0:
            return None
        handed_on = self.files[file].imports.get(parts[0])
        if handed_on is not None and IndexedPlace(file, parts[0]) not in self._symbols:
            return self._found(".".join((handed_on, *parts[1:])), steps - 1)
        for size in range(len(parts) - 1, 0, -1):
            owner = self._symbols.get(IndexedPlace(file, ".".join(parts[:size])))
            if owner is not None:
                inherited = (self._found(".".join((base, *parts[size:])), steps - 1) for base in owner.bases)
                return next((one for one in inherited if one is not None), None)
        return None


def _entrances(place: IndexedPlace) -> Iterator[IndexedPlace]:
    """Yield what is called where the code of a place runs: whoever makes an object calls its class."""
    yield place
    if place.name.endswith(".__init__"):
        yield IndexedPlace(place.file, place.name.removesuffix(".__init__"))


def _is_inside(one: IndexedPlace, place: IndexedPlace) -> bool:
    return one.file == place.file and (
        not place.name or one.name == place.name or one.name.startswith(f"{place.name}.")
    )
