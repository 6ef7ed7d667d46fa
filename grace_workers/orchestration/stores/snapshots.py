"""Snapshots of the fleet, and the contents of their parts, each stored once."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from grace_workers.cycles import FleetSnapshot


class SnapshotStore(Protocol):
    """Snapshots of the fleet."""

    def put(self, snapshot: FleetSnapshot, contents: Mapping[str, bytes]) -> None:
        """Keep a snapshot with the contents of its parts by their hash. A content that was damaged is put right."""

    def all(self) -> Sequence[FleetSnapshot]:
        """Return all snapshots, the newest first."""
        ...

    def content(self, sha256: str) -> bytes | None:
        """Return a content; None if it is not kept. Check its hash before you use it."""
        ...

    def damaged(self) -> Sequence[str]:
        """Return the hashes of the contents that a snapshot names and that are missing, or not what their hash says."""
        ...

    def mend(self, contents: Mapping[str, bytes]) -> None:
        """Put contents that were damaged right, by their hash."""

    def drop(self, ids: Collection[str]) -> None:
        """Drop snapshots, and the contents that no other one names."""
