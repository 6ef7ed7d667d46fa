"""How much a program has written."""

from __future__ import annotations

import os
import stat
import time

# The least that an empty file costs, also in a file system that is kept in memory.
_LEAST = 4096
_BLOCK = 512
# A look may use one part in so many of a processor, and begins at least so many seconds after the last one.
_REST = 20
_OFTEN = 0.02
_TOO_DEEP = 1 << 62


class Growth:
    """How much the folders have grown since the start. The more a look costs, the less often it looks.

    The cost is processor time: a look that had to wait for its turn on a busy machine must not put the next one off,
    because the program goes on writing.

    A folder that its program made unreadable counts `unseen` bytes, because hiding what was written must not make
    it free.
    """

    def __init__(self, folders: list[str], *, unseen: int) -> None:
        self._folders = folders
        self._unseen = unseen
        self._next = 0.0
        self._last = 0
        self._first = self._look()

    def bytes(self) -> int:
        """Return the growth at the last look."""
        if time.monotonic() >= self._next:
            self._last = self._look()
        return self._last - self._first

    def _look(self) -> int:
        began = time.thread_time()
        found = sum(self._size(folder) for folder in self._folders)
        cost = time.thread_time() - began
        self._next = time.monotonic() + max(_OFTEN, cost * _REST)
        return found

    def _size(self, root: str) -> int:
        total = 0
        waiting = [root]
        while waiting:
            try:
                entries = os.scandir(waiting.pop())
            except (FileNotFoundError, NotADirectoryError):
                continue
            except PermissionError:
                total += self._unseen
                continue
            except OSError:
                # No path leads there any more, because it would be too long.
                return _TOO_DEEP
            with entries:
                for entry in entries:
                    try:
                        found = entry.stat(follow_symlinks=False)
                    except OSError:
                        continue
                    total += max(found.st_blocks * _BLOCK, _LEAST)
                    if stat.S_ISDIR(found.st_mode):
                        waiting.append(entry.path)
        return total
