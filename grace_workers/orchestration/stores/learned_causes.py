"""Causes that people propose from what was learned, as files, and those of them that were accepted."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedCause:
    """A version of a cause's file. It is in force if it was accepted; of each cause at most one is.

    `version` is the file's SHA-256, so a person who approves a version approves exactly this file.
    """

    name: str
    version: str
    file: str
    proposed_by: str
    proposed_at: datetime
    accepted_at: datetime | None = None

    @property
    def unchanged(self) -> bool:
        """Return whether the file is the one that the version names."""
        return self.version == version_of(self.file)


def version_of(file: str) -> str:
    """Return the version of a cause's file."""
    return hashlib.sha256(file.encode()).hexdigest()


class LearnedCauseStore(Protocol):
    """The versions of learned causes."""

    def propose(self, cause: LearnedCause) -> None:
        """Keep a version that is not in force; one that is kept already stays as it is."""

    def accept(self, name: str, version: str | None, at: datetime) -> None:
        """Let one version be in force, or none. Idempotent."""

    def versions(self, name: str | None = None) -> Sequence[LearnedCause]:
        """Return the versions of one cause, or of all by name; the newest of each first."""
        ...

    def accepted(self) -> Sequence[LearnedCause]:
        """Return those in force, by name."""
        ...
