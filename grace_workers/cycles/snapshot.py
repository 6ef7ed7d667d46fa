"""`FleetSnapshot`: what the fleet was like at one moment, as named parts whose hashes are its identity."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from grace_workers.foundation.canonical import digest
from grace_workers.foundation.document import JsonValue

ALL_FOR, DAILY_FOR = timedelta(days=2), timedelta(days=30)
"""For how long every snapshot is kept, and for how long the newest of each day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotPart:
    """One part: where its content lies, by its hash. `path` is the file that it came from on `instance`.

    `starred`: secrets in it are stars, so it cannot be put back. `about` is what its kind needs beside the content.
    """

    name: str
    sha256: str
    size: int
    path: str | None = None
    instance: str | None = None
    starred: bool = False
    about: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotContent:
    """A part with its content, as it is taken."""

    part: SnapshotPart
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetSnapshot:
    """What the fleet was like. `id` is the hash over the names and hashes of its parts; `entry` records it."""

    id: str
    at: datetime
    parts: Sequence[SnapshotPart]
    entry: str

    @property
    def sound(self) -> bool:
        """Whether its parts are those that its id names."""
        return self.id == identity(self.parts)


def content(name: str, body: bytes, **about: JsonValue) -> SnapshotContent:
    """Return the part of a content that comes from the database."""
    return SnapshotContent(
        part=SnapshotPart(name=name, sha256=hash_of(body), size=len(body), about=about), content=body
    )


def hash_of(body: bytes) -> str:
    """Return the SHA-256 of a content."""
    return hashlib.sha256(body).hexdigest()


def identity(parts: Sequence[SnapshotPart]) -> str:
    """Return the id of the snapshot of these parts."""
    return digest(sorted([one.name, one.sha256] for one in parts))


def outdated(kept: Sequence[FleetSnapshot], now: datetime) -> Sequence[str]:
    """Return the ids of those to drop: after two days the newest of each day stays, for 30 days; the newest always."""
    newest_first = sorted(kept, key=lambda one: one.at, reverse=True)
    days, dropped = set(), []
    for place, one in enumerate(newest_first):
        age, day = now - one.at, one.at.date()
        if place and age > ALL_FOR and (age > DAILY_FOR or day in days):
            dropped.append(one.id)
        days.add(day)
    return dropped
