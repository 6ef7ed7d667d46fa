"""How a repository is read: as texts, and files that could not be read."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceText:
    """A file's path below the root, and its text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class UnreadFile:
    """A file that was not read, and why."""

    name: str
    why: str
