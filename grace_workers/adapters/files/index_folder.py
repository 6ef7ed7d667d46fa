"""Indexes of code in a folder: one of its own for each repository, with a file for each commit that is kept."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from stat import S_ISREG

from grace_workers.foundation.plain_file import read_small, replace_file

_KEPT, _LARGEST = 3, 512 << 20


class IndexFolder:
    """Keeps the newest three indexes of every repository, readable by this user alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, repository: str, commit: str) -> bytes | None:
        """Return what was kept for the commit, or else for the one of the repository that was kept last."""
        place = self._place(repository) / commit
        for file in [place] if place.is_file() else self._kept(repository)[:1]:
            try:
                return read_small(file, most=_LARGEST)
            except OSError:
                # Another process may have removed it, and what cannot be read is made anew.
                continue
        return None

    def save(self, repository: str, commit: str, content: bytes) -> None:
        """Keep the index of a commit; the oldest ones go.

        Raises:
            OSError: there is no room, or the folder cannot be written to.
        """
        folder = self._place(repository)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_file(folder / commit, content)
        for file in self._kept(repository)[_KEPT:]:
            file.unlink(missing_ok=True)

    def _kept(self, repository: str) -> Sequence[Path]:
        """Return what is kept, newest first."""
        found: list[tuple[int, Path]] = []
        for file in self._place(repository).glob("*"):
            try:
                said = file.stat()
            except FileNotFoundError:
                # Another process keeps as many, and removed it.
                continue
            if S_ISREG(said.st_mode) and file.suffix == "":
                found.append((said.st_mtime_ns, file))
        return [file for _, file in sorted(found, reverse=True)]

    def _place(self, repository: str) -> Path:
        return self._folder / sha256(repository.encode()).hexdigest()[:24]
