"""What a verification reads, the policy it applies to the log, and its three possible findings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from grace_workers.audit.note import Checkpoint, VerifierKey
from grace_workers.audit.tree import Subtree

SealedRow = tuple[int, bytes, bytes | None, bytes | None, bytes, bytes]
"""seq, envelope, data, salt, leaf, chain: as stored."""

UnsealedRow = tuple[bytes, bytes | None, bytes | None]
"""envelope, data, salt."""


@dataclass(frozen=True, slots=True)
class Anchored:
    """A checkpoint kept outside the database. `at` is None if the place keeps no time."""

    note: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """What the log says about its own state."""

    size: int
    frontier: bytes
    chain: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """One consistent view of a log and its anchors, as streams.

    Rows come in order of `seq`, subtrees in the order they filled (`Subtree.end`, then height), checkpoints by
    size, unsealed rows in the order of the inbox. The anchors must have been read before the log: they may lag
    behind it, never be ahead. So must `counters`: how many entries each writer's stream held at its process's last
    report. `set_aside` are the digests of the rows that the store keeps aside, by the seq of their notice; None if
    they are not available.
    """

    rows: Iterable[SealedRow]
    nodes: Iterable[Subtree]
    checkpoints: Iterable[tuple[int, str]]
    anchors: Mapping[str, Iterable[Anchored]]
    head: Head | None = None
    unsealed: Iterable[UnsealedRow] = ()
    counters: Mapping[str, int] = field(default_factory=dict)
    set_aside: Iterable[tuple[int, str]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderPolicy:
    """What the reader pinned and demands. `key` is the log's first key; its name is the origin.

    `anchor_within`: how long signed entries may lack an anchor. `seal_within`: how long an entry may wait to be
    sealed. `clock_tolerance`: how far an entry's time may lie outside the surrounding anchors. None switches a rule
    off.
    """

    key: VerifierKey
    places: frozenset[str] = frozenset({"file"})
    anchor_within: timedelta | None = timedelta(minutes=1)
    seal_within: timedelta | None = timedelta(minutes=1)
    clock_tolerance: timedelta | None = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intact:
    """Every entry is as it was signed, by the keys of its epochs.

    `counted` streams of writers were compared with counters kept outside; 0 means that there were none. `set_aside`
    rows came through the inbox and were not sealed. `in_force`: the keys that may speak for the log at its end;
    one, or two right after a rotation.
    """

    checkpoint: Checkpoint
    in_force: tuple[VerifierKey, ...] = ()
    anchored: Mapping[str, int] = field(default_factory=dict)
    unsealed: int = 0
    redacted: int = 0
    counted: int = 0
    set_aside: int = 0


@dataclass(frozen=True, slots=True)
class Tampered:
    """The log was changed; `seq` is the first entry that cannot be trusted."""

    seq: int
    why: str


@dataclass(frozen=True, slots=True)
class CannotTell:
    """Nothing contradicts the log, but its proof is not complete either."""

    why: str


Finding = Intact | Tampered | CannotTell


def exit_code(finding: Finding) -> int:
    """Return 0 for intact, 1 for tampered, 2 for cannot tell."""
    match finding:
        case Intact():
            return 0
        case Tampered():
            return 1
        case CannotTell():
            return 2
