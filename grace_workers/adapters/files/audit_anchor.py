"""The default anchor: an append-only file. Put it on another volume; `chattr +a` suits it."""

import fcntl
import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from grace_workers.audit import Anchored, NoteError, read_checkpoint
from grace_workers.foundation.canonical import timestamp
from grace_workers.foundation.errors import IntegrityError
from grace_workers.orchestration.audit_archive import Anchor

_BACKWARDS = 65_536


class FileAnchor(Anchor):
    """One JSON line per checkpoint, `{"at": …, "note": …}`, flushed to the disk before `publish` returns."""

    def __init__(self, path: Path, *, place: str = "file") -> None:
        self._path = path
        self._place = place

    @property
    def place(self) -> str:
        return self._place

    def newest(self, origin: str) -> str | None:
        """Return the newest note of that origin, or None.

        Raises:
            IntegrityError: a line near the end cannot be read.
        """
        found = self._newest(origin)
        return None if found is None else found.note

    def newest_at(self, origin: str) -> datetime | None:
        found = self._newest(origin)
        return None if found is None else found.at

    def _newest(self, origin: str) -> Anchored | None:
        if not self._path.exists():
            return None
        with self._path.open("rb") as file:
            start = max(0, file.seek(0, os.SEEK_END) - _BACKWARDS)
            file.seek(start)
            lines = file.read().split(b"\n")[1 if start else 0 : -1]
        for line in reversed(lines):
            found = _read(line, self._path)
            if _origin(found.note) == origin:
                return found
        return None

    def publish(self, note: str, at: datetime) -> bytes:
        """Append one note and flush it; the receipt is the offset of its line.

        A note that does not go beyond the newest one is not stored again, and its receipt is empty.
        """
        line = json.dumps({"at": timestamp(at), "note": note}, ensure_ascii=False).encode() + b"\n"
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        created = not self._path.exists()
        descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            # Two sealers may append after each other's passes; the file must never go back.
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            newest = self.newest(read_checkpoint(note).origin)
            if newest is not None and read_checkpoint(newest).size >= read_checkpoint(note).size:
                return b""
            offset = _end_of_lines(descriptor)
            if os.write(descriptor, line) != len(line):
                raise OSError(f"only part of a checkpoint could be written to {self._path}")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if created:
            sync_folder(self._path.parent)
        return str(offset).encode()

    def kept(self) -> Iterator[Anchored]:
        """Yield what was stored here when this was called, oldest first.

        Raises:
            IntegrityError: a line cannot be read.
        """
        end = self._path.stat().st_size if self._path.exists() else 0
        return self._lines(end)

    def _lines(self, end: int) -> Iterator[Anchored]:
        if not end:
            return
        with self._path.open("rb") as file:
            place = 0
            for line in file:
                place += len(line)
                # A line without its newline is being written, or was cut off by a crash before its receipt was
                # returned.
                if place > end or not line.endswith(b"\n"):
                    return
                yield _read(line, self._path)


def sync_folder(folder: Path) -> None:
    """Flush a folder, so that a file just made or renamed in it survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(line: bytes, path: Path) -> Anchored:
    try:
        kept = json.loads(line)
        note, at = kept["note"], datetime.fromisoformat(kept["at"])
        readable = isinstance(note, str) and at.tzinfo is not None
    except (ValueError, TypeError, KeyError, RecursionError):
        readable = False
    if not readable:
        raise IntegrityError(f"the anchor file {path} has a line that cannot be read; restore it from a copy")
    return Anchored(note, at)


def _origin(note: str) -> str | None:
    try:
        return read_checkpoint(note).origin
    except NoteError:
        return None


def _end_of_lines(descriptor: int) -> int:
    """Return the end of the file, after removing a line that a crash left unfinished."""
    end = os.lseek(descriptor, 0, os.SEEK_END)
    tail = os.pread(descriptor, _BACKWARDS, max(0, end - _BACKWARDS))
    if not tail or tail.endswith(b"\n"):
        return end
    kept = end - len(tail) + tail.rfind(b"\n") + 1
    os.ftruncate(descriptor, kept)
    return kept
