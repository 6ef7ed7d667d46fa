"""What the entry points and the sealer need from the audit log's stores, as protocols."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from grace_workers.audit import Anchored, Checkpoint, Finding, ReaderPolicy, Signer, VerifierKey
from grace_workers.foundation.ids import EntryId, IncidentId

if TYPE_CHECKING:
    from grace_workers.foundation.document import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedEntry:
    """One entry as a reader sees it. `seq` is None while it waits to be sealed; `data` is None without details."""

    seq: int | None
    envelope: "Mapping[str, JsonValue]"
    data: "JsonValue"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchoredSize:
    """The newest checkpoint at a place outside the database: how many entries it covers, and when it came there."""

    place: str
    size: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LogHead:
    """The state of the log: entries sealed and waiting, the newest signed checkpoint, and how the log is guarded.

    `anchored` has one item for each place with a receipt, the newest first.
    """

    size: int
    unsealed: int
    oldest_unsealed: datetime | None
    checkpoint: Checkpoint | None
    origin: str | None
    guard: str
    anchored: Sequence[AnchoredSize]


class AuditArchive(Protocol):
    """Reads and proves the audit log."""

    def verify(self, policy: ReaderPolicy | None = None) -> Finding:
        """Verify the whole log against its anchors; None means the pinned key and the default policy."""

    def proof(self, of: int | EntryId) -> str:
        """Return the `.tlog-proof` text for one signed entry. Raises NotFoundError, or ConflictError if unsigned."""

    def entry(self, of: EntryId) -> LoggedEntry:
        """Return one sealed entry. Raises NotFoundError."""

    def export(self, folder: Path) -> Checkpoint:
        """Write the bundle of everything signed so far to a new folder. Raises InputError, ConflictError."""

    def tail(
        self, limit: int, incident: IncidentId | None = None, *, before: int | None = None
    ) -> Sequence[LoggedEntry]:
        """Return the newest entries, newest first: the waiting ones, too, or those sealed before `before`."""

    def head(self) -> LogHead:
        """Return the state of the log."""


class Anchor(Protocol):
    """A place outside the database that keeps checkpoints."""

    @property
    def place(self) -> str:
        """The name by which policies refer to it."""

    def newest(self, origin: str) -> str | None:
        """Return the newest note of that origin."""

    def newest_at(self, origin: str) -> datetime | None:
        """Return when the newest note of that origin was stored."""

    def publish(self, note: str, at: datetime) -> bytes:
        """Store a note durably, and return a receipt."""

    def kept(self) -> Iterator[Anchored]:
        """Yield what was stored here when this was called, oldest first."""


class Counters(Protocol):
    """A place outside the database that records how many entries each writer's stream of a log holds."""

    def publish(self, origin: str, counters: Mapping[str, int]) -> None:
        """Store these counters of the log `origin`. Raises TransientError; some may have been stored by then."""

    def published(self, origin: str) -> Mapping[str, int]:
        """Return the counters of the log `origin`, by stream. Raises TransientError."""

    def close(self) -> None:
        """Close the connections."""


class SealingKeys(Protocol):
    """The log's keys and the sealer's own memory, outside the database."""

    def create(self, organisation: str) -> VerifierKey:
        """Make the first key of a new log, unless one exists, and return the pinned key."""

    def pinned(self) -> VerifierKey:
        """Return the log's first key; its name is the origin."""

    def signer(self) -> Signer:
        """Return the key in force."""

    def following(self) -> Signer | None:
        """Return the next key during a rotation, None otherwise."""

    def prepare(self) -> Signer:
        """Make the next key, or return it if it was made before."""

    def promote(self) -> None:
        """Put the next key in force and destroy the current one."""

    def last(self) -> str | None:
        """Return the last checkpoint that was signed here."""

    def remember(self, note: str) -> None:
        """Store the checkpoint just signed, durably."""
