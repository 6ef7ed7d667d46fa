"""How far each log file has been sent: stored in a file that a crash leaves either old or new, never broken."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import Field

from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import InputError

HEAD = 256


@dataclass(frozen=True, slots=True)
class LogPosition:
    """A position in a file. `head` distinguishes it from one that took its inode, or was emptied and filled again."""

    device: int
    inode: int
    offset: int
    head: str


class _Kept(Document):
    device: int
    inode: int
    offset: int
    head: str


def head_of(file: int, offset: int) -> str:
    """Return what a file begins with, as far as it lies before `offset`: the length, and its digest."""
    raw = os.pread(file, min(HEAD, offset), 0)
    return f"{len(raw)}:{hashlib.sha256(raw).hexdigest()[:16]}"


def is_head_of(file: int, head: str) -> bool:
    """Return whether the file still begins with what `head` was made of."""
    return head_of(file, int(head.partition(":")[0])) == head


class Positions:
    """The positions in all files, by the files' names."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Mapping[str, LogPosition]:
        """Return the positions. Raises InputError: the file exists and is not one of ours."""
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return {}
        try:
            found = {name: _Kept.read(one, f"position of {name}") for name, one in json.loads(raw).items()}
        except (ValueError, AttributeError) as error:
            raise InputError(
                f"{self._path}: no file of positions; move it away to begin at the ends of the logs"
            ) from error
        return {name: LogPosition(**one.model_dump()) for name, one in found.items()}

    def save(self, positions: Mapping[str, LogPosition]) -> None:
        """Store the positions, on disk once this returns."""
        save_whole(self._path, {name: asdict(one) for name, one in positions.items()})


class JournalPosition:
    """The place in the journal: its own word for the entry up to which everything has been sent."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> str | None:
        """Return the cursor, None where nothing was sent yet. Raises InputError: the file is none of ours."""
        try:
            found = _KeptCursor.read(json.loads(self._path.read_bytes()), "position in the journal")
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise InputError(f"{self._path}: no position; move it away to begin at the end of the journal") from error
        return found.cursor

    def save(self, cursor: str) -> None:
        """Store the position, on disk once this returns."""
        save_whole(self._path, {"cursor": cursor})


class _KeptCursor(Document):
    cursor: str = Field(pattern=r"^[A-Za-z0-9=;]{1,500}$")


def save_whole(path: Path, said: Mapping[str, object]) -> None:
    """Write a file that a crash leaves either old or new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(said, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
