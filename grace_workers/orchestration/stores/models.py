"""Trained models: versions of one name, of which the newest is in use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from grace_workers.foundation.document import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion:
    """One version: what it was trained on, its scores, and the SHA-256 of its content.

    `revision` is the newest outcome that it knows. `restored` is the version that it copies, None for a new one.
    """

    name: str
    version: int
    sha256: str
    at: datetime
    revision: int
    outcomes: int
    score: Mapping[str, JsonValue] = field(default_factory=dict)
    restored: int | None = None


class ModelStore(Protocol):
    """Versions of models."""

    def put(self, model: ModelVersion, content: bytes, *, keep: int) -> None:
        """Store a new version; the newest `keep` of its name stay."""

    def mend(self, name: str, version: int, content: bytes) -> None:
        """Replace the content of a version that was damaged."""

    def newest(self, name: str) -> int:
        """Return the number of the newest version; 0 if there is none."""
        ...

    def versions(self, name: str) -> Sequence[ModelVersion]:
        """Return the stored versions, newest first."""
        ...

    def content(self, name: str, version: int) -> bytes | None:
        """Return the content, None when it is no longer stored. Check its hash before you read it."""
        ...
