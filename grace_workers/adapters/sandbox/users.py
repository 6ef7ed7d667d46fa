"""The user that a program runs as when root starts it, and the folders that are lent to that user."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from grace_workers.adapters.sandbox import folders

# Each program has a separate user, so that programs do not share limits and cannot signal each other.
_FIRST = 0x70000000
# For a container that has only 65,536 users.
_FEW_FIRST, _OF_FEW = 60_000, 5_000


def user_for(process: int) -> int | None:
    """Return the user for the program of a launcher, None when we are not root and it must stay ours."""
    if os.geteuid() != 0:
        return None
    table = Path("/proc/self/uid_map").read_text(encoding="ascii")
    ranges = [tuple(map(int, line.split())) for line in table.splitlines()]
    uid = _FIRST + process
    if any(first <= uid < first + count for first, _, count in ranges):
        return uid
    return _FEW_FIRST + process % _OF_FEW


class Lent:
    """Folders that belong to the sandbox's user for as long as its program runs."""

    def __init__(self, paths: Iterable[Path], user: int | None) -> None:
        """Give them to `user`. On OSError, all are given back."""
        self._user = user
        self._owners: dict[Path, tuple[int, int]] = {}
        if user is None:
            return
        try:
            for path in paths:
                found = path.stat()
                self._owners[path] = (found.st_uid, found.st_gid)
                folders.lend(path, user)
        except OSError:
            self.take_back()
            raise

    def take_back(self) -> None:
        """Give them, and what was made in them, back to their owners."""
        for path, owner in self._owners.items():
            with suppress(FileNotFoundError):
                folders.take_back(path, self._user or 0, owner)
