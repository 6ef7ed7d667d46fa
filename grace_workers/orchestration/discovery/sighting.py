"""`Sighting`: a thing that asks to be a target; `DiscoveryRule`: what the operator allows the things of one place."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from grace_workers.actions import Ownership
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.ids import TargetKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One thing that a discovery saw, as the thing describes itself. Nothing of it is trusted yet.

    `identity` tells it from another thing that has its name later. `values` fill the placeholders of the connection
    that the operator wrote. `heartbeat` says `every` and `grace`, as spans of time. Only a file of a target says its
    own `kind`, `owner` and `connection`.
    """

    name: str
    identity: str
    values: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    depends_on: tuple[str, ...] = ()
    heartbeat: Mapping[str, str] = field(default_factory=dict)
    kind: str | None = None
    owner: Ownership | None = None
    connection: Mapping[str, JsonValue] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveryRule:
    """One declared discovery: where to look, and what its targets may be.

    `kinds` are the kinds that its targets may have; one that says none has the first. No target is more trusted than
    `owner`. Of a thing's own labels only those of `keep` count, and `grace`, which can only tighten; `labels` are
    those of all its targets. With `heartbeats`, a thing may declare a heartbeat of its own. If a smaller share than
    `keep_share` of the known targets is left, none is dropped.
    """

    name: str
    kind: str
    look: Callable[[], Sequence[Sighting]]
    kinds: tuple[TargetKind, ...]
    owner: Ownership = Ownership.EXTERNAL
    connection: Mapping[str, JsonValue] = field(default_factory=dict, repr=False)
    labels: Mapping[str, str] = field(default_factory=dict)
    keep: frozenset[str] = frozenset()
    keep_share: float = 0.5
    most: int = 500
    heartbeats: bool = False
