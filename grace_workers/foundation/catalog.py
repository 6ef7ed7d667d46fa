"""One way to register: a file that binds `DEFINITION`, found by `discover`."""

import importlib
import pkgutil
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib.metadata import EntryPoints, entry_points
from types import MappingProxyType, ModuleType
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from grace_workers.foundation.errors import GraceError, NotFoundError


class CatalogError(GraceError):
    """A definition is missing, misnamed, duplicated or of the wrong kind, or names another that does not exist."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A name that a definition uses: a definition, a kind of target or a role. `label` is the word for its kind."""

    label: str
    name: str


@runtime_checkable
class Referring(Protocol):
    """A definition that names others."""

    def references(self) -> Iterable[Reference]:
        """Return every name that it uses."""


class Named(Protocol):
    """Anything a catalog can hold."""

    @property
    def name(self) -> str:
        """The name, equal to the stem of the defining file."""


D = TypeVar("D", bound=Named)


class Catalog(Generic[D]):
    """An immutable, ordered collection of definitions of one kind."""

    def __init__(self, kind: str, definitions: Mapping[str, D], places: Mapping[str, str] | None = None) -> None:
        self.kind = kind
        self._definitions = MappingProxyType(definitions)
        self._places = places or {}

    def __getitem__(self, name: str) -> D:
        try:
            return self._definitions[name]
        except KeyError:
            known = ", ".join(self._definitions) or "none"
            raise NotFoundError(f"unknown {self.kind} {name[:80]!r}; known: {known}") from None

    def __contains__(self, name: object) -> bool:
        return name in self._definitions

    def __iter__(self) -> Iterator[D]:
        return iter(self._definitions.values())

    def __len__(self) -> int:
        return len(self._definitions)

    @property
    def names(self) -> tuple[str, ...]:
        """All names, in order."""
        return tuple(self._definitions)

    @property
    def by_name(self) -> Mapping[str, D]:
        """All definitions by name, in order."""
        return self._definitions

    def place(self, name: str) -> str:
        """Return where the definition is: its module, or the object of an entry point."""
        return self._places.get(name, f"{self.kind} {name!r}")


def discover(package: ModuleType, kind: type[D], *, label: str, lazy: bool = False) -> Catalog[D]:
    """Return the catalog of all definitions in `package` and of the entry-point group `grace_workers.<label>`.

    Modules are imported in name order. `label` is the singular word for the kind, as errors show it. Two kinds of
    module are skipped: the one named `label`, which says what a definition is, and those whose names begin with
    `_`. With `lazy` a module is imported when its definition is first looked up, and its faults show then.

    Raises:
        CatalogError: a module has no `DEFINITION`, one of another type or name, or a name occurs twice.
    """
    places: dict[str, _Place] = {}
    for place in (*_modules(package, label), *_entry_points(label)):
        if place.stem in places:
            raise CatalogError(f"{place.where}: {label} {place.stem!r} is defined twice; rename one")
        places[place.stem] = place
    found = _Loading(places, kind, label)
    where = {place.stem: place.where for place in places.values()}
    return Catalog(label, found if lazy else dict(found), where)


def prove(catalogs: Iterable[Catalog[Any]], known: Mapping[str, Collection[str]]) -> None:
    """Prove that every name that a definition of `catalogs` uses is one of `known`, by the word for its kind.

    Raises:
        CatalogError: some are not; it lists all of them, each with its place and the existing names.
    """
    wrong = [
        f"{catalog.place(definition.name)}: names unknown {one.label} {one.name!r}; "
        f"known: {', '.join(known.get(one.label, ())) or 'none'}"
        for catalog in catalogs
        for definition in catalog
        for one in (definition.references() if isinstance(definition, Referring) else ())
        if one.name not in known.get(one.label, ())
    ]
    if wrong:
        raise CatalogError("\n".join(wrong))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a definition is: the name it must have, the place as errors show it, and what loads it."""

    stem: str
    where: str
    load: Callable[[], object]


class _Loading(Mapping[str, D]):
    """Definitions by name, each loaded and proved when it is first looked up."""

    def __init__(self, places: Mapping[str, _Place], kind: type[D], label: str) -> None:
        self._places = places
        self._kind = kind
        self._label = label
        self._loaded: dict[str, D] = {}

    def __getitem__(self, name: str) -> D:
        if name not in self._loaded:
            self._loaded[name] = self._proved(self._places[name])
        return self._loaded[name]

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def _proved(self, place: _Place) -> D:
        try:
            definition = place.load()
        except ImportError as error:
            raise CatalogError(f"{place.where}: cannot be imported: {error}; install what it needs") from error
        if not isinstance(definition, self._kind):
            wanted = f"a {self._label} ({self._kind.__name__})"
            raise CatalogError(f"{place.where}: DEFINITION is not {wanted}; bind one")
        if definition.name != place.stem:
            said = f"DEFINITION is named {definition.name!r}"
            raise CatalogError(f"{place.where}: {said}; rename it or the file to match")
        return definition


def _modules(package: ModuleType, label: str) -> Iterator[_Place]:
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda info: info.name):
        if info.name != label and not info.name.startswith("_"):
            where = f"{package.__name__}.{info.name}"
            yield _Place(info.name, where, partial(_definition_of, where))


def _entry_points(label: str) -> Iterator[_Place]:
    declared = _declared(tuple(sys.path))(group=f"grace_workers.{label}")
    for point in sorted(declared, key=lambda point: point.name):
        yield _Place(point.name, point.value, point.load)


@lru_cache(maxsize=1)
def _declared(path: tuple[str, ...]) -> Callable[..., EntryPoints]:
    """Return what selects from the entry points of all that is installed on `path`: every catalog asks for its own.

    They are read once. Of a distribution that is there twice, the first counts, because that one is imported.
    """
    del path
    return entry_points().select


def _definition_of(module: str) -> object:
    return getattr(importlib.import_module(module), "DEFINITION", None)
