"""Snapshots of the fleet, their parts, and what checking one showed."""

from typing import Self

from pydantic import Field

from grace_workers.cycles import FleetSnapshot
from grace_workers.entrypoints.api.views.view import Moment, View
from grace_workers.foundation.document import JsonValue
from grace_workers.orchestration.snapshots import SnapshotCheck


class SnapshotView(View):
    """A snapshot, in a list of them."""

    id: str = Field(description="SHA-256 over the names and hashes of its parts")
    at: Moment
    parts: int
    bytes: int

    @classmethod
    def of_snapshot(cls, one: FleetSnapshot) -> Self:
        """Return the view."""
        return cls.of(one, parts=len(one.parts), bytes=sum(part.size for part in one.parts))


class SnapshotPartView(View):
    """One part of a snapshot."""

    name: str
    sha256: str
    size: int
    path: str | None = Field(description="the file that it is; null if it is in the database")
    instance: str | None = Field(description="the node that has the file")
    starred: bool = Field(description="secrets in it are stars, so it cannot be put back")
    about: dict[str, JsonValue]


class SnapshotStoryView(View):
    """A snapshot with its parts."""

    id: str
    at: Moment
    entry: str = Field(description="the entry of the audit log that records it")
    parts: list[SnapshotPartView]

    @classmethod
    def of_snapshot(cls, one: FleetSnapshot) -> Self:
        """Return the view."""
        return cls.of(one, parts=[SnapshotPartView.of(part) for part in one.parts])


class SnapshotCheckView(View):
    """What checking a snapshot showed."""

    id: str
    sound: bool
    damaged: list[str] = Field(description="which parts are damaged, and why")
    unsigned: str | None = Field(description="why the audit log does not vouch for it; null if it does")

    @classmethod
    def of_check(cls, found: SnapshotCheck) -> Self:
        """Return the view."""
        return cls.of(found, id=found.snapshot.id)


class RestoredPartView(View):
    """What putting a part back did."""

    part: str
    done: str
