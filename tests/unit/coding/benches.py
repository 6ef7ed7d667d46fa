"""A bench over files in memory, where nothing can be run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha1
from pathlib import Path

from grace_workers.coding import AuthoredCommit, Bench, NoSandbox, PastCommit, PastEdit, Repository, Workshop
from grace_workers.foundation.errors import InputError


@dataclass(frozen=True)
class MemoryRepository:
    """A commit in memory."""

    files: Mapping[str, str]

    def head(self) -> str:
        return "0" * 40

    def dirt(self) -> tuple[str, ...]:
        return ()

    def commits_of(self, files: Sequence[str], most: int) -> tuple[PastCommit, ...]:
        return ()

    def edits(self, most: int) -> tuple[PastEdit, ...]:
        return ()

    def identity(self) -> str:
        return "memory"

    def blobs(self) -> Mapping[str, str]:
        return {name: sha1(text.encode(), usedforsecurity=False).hexdigest() for name, text in self.files.items()}

    def contents(self, blobs: Sequence[str]) -> Mapping[str, bytes]:
        known = {blob: self.files[name].encode() for name, blob in self.blobs().items()}
        return {one: known[one] for one in blobs}

    def authored(self, since: str | None) -> Sequence[AuthoredCommit] | None:
        return None if since else ()

    def take_out(self, commit: str, folder: Path) -> tuple[str, ...]:
        return ()

    def copy(self, folder: Path) -> tuple[str, ...]:
        for name, text in self.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        return tuple(sorted(self.files))


def bench(files: Mapping[str, str]) -> Bench:
    """Return a bench over these files."""

    def refuse(path: Path) -> "object":
        raise InputError(f"there is no checkout at {path}")

    repository: Repository = MemoryRepository(files)
    workshop = Workshop(
        sandbox=NoSandbox("it lacks bubblewrap"),
        open_repository=refuse,  # type: ignore[arg-type]
        open_branch=lambda path, branch: MemoryRepository(files),
        version="0",
    )
    command = ("/usr/bin/python3", "-m", "pytest")
    return Bench(workshop=workshop, repository=repository, command=command, seconds=20.0, label="task_1")
