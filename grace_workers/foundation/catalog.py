"""One way to register: a file that binds `DEFINITION`, found by `discover`."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from types import MappingProxyType, ModuleType
from typing import Generic, Protocol, TypeVar

from grace_workers.foundation.errors import GraceError, NotFoundError


class CatalogError(GraceError):
    """A definition is missing, misnamed, doubled or of the wrong kind."""


class Named(Protocol):
    """Anything a catalog can hold."""

    @property
    def name(self) -> str:
        """The name, equal to the stem of the defining file."""
        ...


D = TypeVar("D", bound=Named)


class Catalog(Generic[D]):
    """An immutable, ordered collection of definitions of one kind."""

    def __init__(self, kind: str, definitions: Mapping[str, D]) -> None:
        self.kind = kind
        self._definitions = MappingProxyType(dict(definitions))

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


def discover(package: ModuleType, kind: type[D], *, label: str) -> Catalog[D]:
    """Return the catalog of all definitions in `package` and of the entry-point group `grace_workers.<label>`.

    Modules are imported in name order. `label` is the singular word for the kind, as errors show it; the module of that
    name says what a definition is, and so is none.

    Raises:
        CatalogError: a module has no `DEFINITION`, one of another type or name, or a name stands twice.
    """
    found: dict[str, D] = {}
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda info: info.name):
        if info.name == label:
            continue
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        _add(found, getattr(module, "DEFINITION", None), kind, label, info.name, module.__name__)
    for point in sorted(entry_points(group=f"grace_workers.{label}"), key=lambda point: point.name):
        _add(found, point.load(), kind, label, point.name, point.value)
    return Catalog(label, found)


def _add(found: dict[str, D], definition: object, kind: type[D], label: str, stem: str, where: str) -> None:
    if not isinstance(definition, kind):
        raise CatalogError(f"{where}: DEFINITION is not a {label} ({kind.__name__}); bind one")
    if definition.name != stem:
        raise CatalogError(f"{where}: DEFINITION is named {definition.name!r}; rename it or the file to match")
    if stem in found:
        raise CatalogError(f"{where}: {label} {stem!r} is defined twice; rename one")
    found[stem] = definition
