"""`Store`: what implements a port of this folder. It is found by the name of the port's file.

A port is a file here; its implementation is a file of the same name in a folder of the adapter (or `store.py` in the
adapter's folder of that name) that binds `DEFINITION`.
"""

import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from grace_workers.foundation.catalog import CatalogError

S = TypeVar("S")
T = TypeVar("T")

_FOLDER = Path(__file__).parent
_PACKAGE = __name__.rpartition(".")[0]
_NOT_A_PORT = frozenset({"history", "store", "transaction"})


@dataclass(frozen=True, slots=True)
class Store(Generic[T, S]):
    """An implementation of `port`; `make` makes one inside a transaction."""

    port: type[S]
    make: Callable[[T], S]


def implements(port: type[S]) -> Callable[[Callable[[T], S]], Store[T, S]]:
    """Return what makes a `Store` of a function: `implements(GoalStore)(make)`.

    It takes two calls, because with one call mypy would infer a type that fits both sides instead of comparing
    them.
    """

    def with_(make: Callable[[T], S]) -> Store[T, S]:
        return Store(port, make)

    return with_


def implementations(package: str, folders: Sequence[str] = ("",)) -> Mapping[type[Any], Store[Any, Any]]:
    """Return the implementation of each port that the `folders` of `package` hold; "" is the package itself.

    Raises:
        CatalogError: a port has no implementation or more than one, or the file of its name implements another.
    """
    places = [f"{package}.{folder}".rstrip(".") for folder in folders]
    found = [_implementation(name, places) for name in _ports()]
    return MappingProxyType({store.port: store for store in found})


def _ports() -> Iterator[str]:
    """Yield the names of the ports' files."""
    return (info.name for info in pkgutil.iter_modules([str(_FOLDER)]) if info.name not in _NOT_A_PORT)


def _implementation(name: str, places: Sequence[str]) -> Store[Any, Any]:
    wanted = [f"{place}.{'store' if place.endswith(f'.{name}') else name}" for place in places]
    files = [module for module in wanted if _exists(module)]
    if len(files) != 1:
        told = f"{' and '.join(files)} both define it" if files else f"add one of {', '.join(wanted)}"
        raise CatalogError(f"store {name!r} needs one implementation; {told}")
    definition = getattr(import_module(files[0]), "DEFINITION", None)
    port = f"{_PACKAGE}.{name}"
    if not isinstance(definition, Store) or definition.port.__module__ != port:
        raise CatalogError(f"{files[0]}: DEFINITION implements no port of {port}; write implements(…)(…)")
    return definition


def _exists(module: str) -> bool:
    package, _, stem = module.rpartition(".")
    folders = getattr(import_module(package), "__path__", ())
    return any((Path(folder) / f"{stem}.py").is_file() for folder in folders)
