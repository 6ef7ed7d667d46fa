"""Reading a log as it grows: whole lines with their positions, through rotation, truncation and copytruncate.

A file that was renamed is read to its end before the next file of its name. A line without a line end waits for it. Of
a line longer than `LONGEST_LINE` only the beginning is kept. Memory stays within one chunk and one line.
"""

import glob
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grace_workers.entrypoints.follow.position import LogPosition, head_of, is_head_of

CHUNK = 1 << 20
LONGEST_LINE = 65_536
_PACKED = frozenset({".gz", ".bz2", ".xz", ".zst"})


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line without its end, and where in the file it begins and ends.

    `error`: the writer said, apart from the text, that it tells of an error. `more`: it was written together
    with the line before.
    """

    text: bytes
    begin: int
    end: int
    error: bool = False
    more: bool = False


@dataclass(frozen=True, slots=True)
class LogBlock:
    """Whole lines, as they stand in a file, and where they begin. `end`: where a line that was cut ends."""

    raw: bytes
    begin: int
    end: int | None = None

    def line(self, at: int) -> tuple[LogLine, int]:
        """Return the line that begins at this place of `raw`, and where the next one begins."""
        stop = self.raw.find(b"\n", at)
        if stop < 0:
            stop = len(self.raw)
        after = self.begin + stop + 1 if self.end is None else self.end
        return LogLine(self.raw[at : min(stop, at + LONGEST_LINE)], self.begin + at, after), stop + 1


class FollowedLog:
    """One log. It need not exist yet; without a position it is read from its end, or from its start when `whole`."""

    def __init__(self, path: Path, position: LogPosition | None = None, *, whole: bool = False) -> None:
        self.path = path
        self.lost = 0
        self._file: int | None = None
        self._offset = 0
        self._partial = bytearray()
        self._cut = False
        self._head = ""
        self._begin_at(position, whole=whole)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def position(self, offset: int) -> LogPosition | None:
        """Return the position `offset` of the file that is being read; None if there is none."""
        if self._file is None:
            return None
        told = os.fstat(self._file)
        return LogPosition(told.st_dev, told.st_ino, offset, head_of(self._file, offset))

    @property
    def done(self) -> int:
        """Where the last whole line that was returned ended."""
        return self._offset - len(self._partial)

    def read(self) -> Sequence[LogBlock] | None:
        """Return the next whole lines of the current file; None if nothing came."""
        if self._file is None:
            return None
        self._begin_anew_when_emptied()
        # Chunks end at the same places whoever reads, so that what a killed follower sent is sent again as the same.
        raw = os.read(self._file, CHUNK - self._offset % CHUNK)
        self._offset += len(raw)
        return self._blocks(raw) if raw else None

    def turn(self) -> Sequence[LogBlock] | None:
        """Go on to the next file once the current one was read to its end; return what that one ended with.

        Call it when `read` returns None. None: there is no next file.
        """
        following = self._following()
        if following is None:
            return None
        last = self._ending()
        self._open(following, 0)
        return last

    def _following(self) -> Path | None:
        """Return the file that was begun next: the log itself, or one that was renamed since."""
        if self._file is None:
            return self.path if self.path.exists() else None
        mine = os.fstat(self._file)
        if mine.st_size > self._offset or _stat(self.path, mine) is not None:
            return None
        others = {path: told for path in self._renamed() if (told := _stat(path)) is not None and not _same(told, mine)}
        later = [path for path, told in others.items() if told.st_mtime_ns > mine.st_mtime_ns]
        earliest = min(later, key=lambda path: others[path].st_mtime_ns, default=None)
        return earliest or (self.path if self.path.exists() else None)

    def _renamed(self) -> Sequence[Path]:
        found = sorted(self.path.parent.glob(f"{glob.escape(self.path.name)}?*"))
        return [path for path in found if path.suffix not in _PACKED]

    def _begin_at(self, position: LogPosition | None, *, whole: bool) -> None:
        if position is None:
            if self.path.exists():
                self._open(self.path, 0 if whole else self.path.stat().st_size)
            return
        for path in (self.path, *self._renamed()):
            if self._resumed(path, position):
                return
        # What came between is lost: the file was deleted, or emptied while no one followed.
        self.lost += 1
        if self.path.exists():
            self._open(self.path, 0)

    def _resumed(self, path: Path, position: LogPosition) -> bool:
        told = _stat(path)
        if told is None or (told.st_dev, told.st_ino) != (position.device, position.inode):
            return False
        self._open(path, position.offset)
        file = self._file
        if file is not None and os.fstat(file).st_size >= position.offset and is_head_of(file, position.head):
            return True
        self.close()
        return False

    def _open(self, path: Path, offset: int) -> None:
        self.close()
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        os.lseek(self._file, offset, os.SEEK_SET)
        self._offset = offset
        self._partial.clear()
        # Only a line that was cut is left in its middle; no whole line follows before that one ends.
        self._cut = offset > 0 and os.pread(self._file, 1, offset - 1) != b"\n"
        self._head = head_of(self._file, offset)

    def _begin_anew_when_emptied(self) -> None:
        if self._file is None:
            return
        emptied = os.fstat(self._file).st_size < self._offset or not is_head_of(self._file, self._head)
        if emptied:
            os.lseek(self._file, 0, os.SEEK_SET)
            self._offset = 0
            self._partial.clear()
            self._cut = False
        self._head = head_of(self._file, self._offset)

    def _blocks(self, raw: bytes) -> Sequence[LogBlock]:
        if self._cut:
            # Until its line end, what comes is the rest of a line that was cut.
            _, ended, raw = raw.partition(b"\n")
            self._cut = not ended
        found: list[LogBlock] = []
        whole = raw.rfind(b"\n") + 1
        if whole:
            found.append(LogBlock(bytes(self._partial) + raw[:whole], self._offset - len(raw) - len(self._partial)))
            self._partial.clear()
        self._partial += raw[whole:]
        if len(self._partial) > LONGEST_LINE:
            begin = self._offset - len(self._partial)
            found.append(LogBlock(bytes(self._partial[:LONGEST_LINE]), begin, end=self._offset))
            self._cut = True
            self._partial.clear()
        return found

    def _ending(self) -> Sequence[LogBlock]:
        """Return the last line of a file that ends without a line end."""
        if not self._partial:
            return []
        return [LogBlock(bytes(self._partial), self._offset - len(self._partial), end=self._offset)]


def _stat(path: Path, same_as: os.stat_result | None = None) -> os.stat_result | None:
    """Return what is known of the file at `path`; None if there is none, or another than `same_as`."""
    try:
        told = path.stat()
    except FileNotFoundError:
        return None
    return told if same_as is None or _same(told, same_as) else None


def _same(one: os.stat_result, other: os.stat_result) -> bool:
    return (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)
