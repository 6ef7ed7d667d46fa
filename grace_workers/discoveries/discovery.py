"""`Discovery`: a kind of place where targets declare themselves."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.ids import TargetKind
from grace_workers.orchestration.discovery.sighting import Sighting

D = TypeVar("D", bound=Document)

Look = Callable[[], Sequence[Sighting]]
"""Looks once. Raises GraceError where the place cannot be read, so that nothing is taken for gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery(Generic[D]):
    """A kind of place: what its options say, and what looks there.

    `open` connects to nothing; it raises ImportError when the packages of `extra` are not installed. `values` are the
    placeholders that a connection may use. `kind` is the kind of the targets if the operator names none, and
    `connection` returns what the connection of such a target says by itself; None: the operator must name a kind.
    `example` is a settings file that declares one.
    """

    name: str
    summary: str
    options: type[D]
    open: Callable[[D], Look]
    example: str
    values: frozenset[str] = frozenset()
    kind: TargetKind | None = None
    connection: Callable[[D], Mapping[str, JsonValue]] = lambda _options: {}
    whole: bool = False
    extra: str | None = None


AnyDiscovery = Discovery[Any]
