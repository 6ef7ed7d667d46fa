"""Folders that a confined program writes to: lent to its user while it runs, and removed whatever they contain."""

import itertools
import os
import secrets
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NAME = "grace-sandbox-"
# How deep folders are lent and taken back; no project nests deeper, and a hostile program could nest without end.
_DEEPEST = 200
Visit = Callable[[str, int, os.stat_result], None]


def private() -> Path:
    """Make a temporary folder for one program, with a name that says which process must remove it."""
    return Path(tempfile.mkdtemp(prefix=f"{_NAME}{os.getpid()}-"))


def sweep() -> None:
    """Remove the temporary folders of processes that ended before they could.

    Root had lent its own to the sandbox's users, so to root they may belong to anyone.
    """
    for folder in Path(tempfile.gettempdir()).glob(f"{_NAME}*-*"):
        process = folder.name.removeprefix(_NAME).partition("-")[0]
        with suppress(OSError):
            mine = os.geteuid() in {0, folder.lstat().st_uid}
            if mine and process.isdigit() and not Path("/proc", process).exists():
                remove(folder)


def lend(folder: Path, uid: int) -> None:
    """Give the folder and its content to the sandbox's user. Symbolic links are not followed.

    A file with a second name elsewhere stays as it is, because that name may lie outside.
    """

    def give(name: str, parent: int, found: os.stat_result) -> None:
        if found.st_nlink == 1 or stat.S_ISDIR(found.st_mode):
            os.chown(name, uid, uid, dir_fd=parent, follow_symlinks=False)

    _walk(folder, give)
    os.chown(folder, uid, uid, follow_symlinks=False)


def take_back(folder: Path, uid: int, owner: tuple[int, int]) -> None:
    """Give what belongs to the sandbox's user back to `owner`."""

    def give(name: str, parent: int, found: os.stat_result) -> None:
        if found.st_uid == uid:
            os.chown(name, *owner, dir_fd=parent, follow_symlinks=False)

    with suppress(FileNotFoundError):
        os.chown(folder, *owner, follow_symlinks=False)
        _walk(folder, give)


def remove(folder: Path) -> None:
    """Remove a folder whose content a hostile program made: of any depth, with any modes, with links to anywhere.

    A nested folder is first moved to the top, so that neither a path nor a recursion grows with the depth.
    """
    with suppress(FileNotFoundError):
        top = os.open(folder, _OPEN)
        try:
            _empty(top)
        finally:
            os.close(top)
        folder.rmdir()


def _empty(top: int) -> None:
    # The program cannot have guessed these names.
    fresh = (f".{secrets.token_hex(16)}" for _ in itertools.count())
    waiting = [name for name in os.listdir(top) if not _unlinked(name, top)]
    while waiting:
        name = waiting.pop()
        os.chmod(name, stat.S_IRWXU, dir_fd=top)
        inner = os.open(name, _OPEN, dir_fd=top)
        try:
            for entry in os.listdir(inner):  # noqa: PTH208 - a descriptor has no path
                if _unlinked(entry, inner):
                    continue
                # A folder can be moved only by a user who may write to it.
                os.chmod(entry, stat.S_IRWXU, dir_fd=inner)
                waiting.append(next(fresh))
                os.rename(entry, waiting[-1], src_dir_fd=inner, dst_dir_fd=top)
        finally:
            os.close(inner)
        os.rmdir(name, dir_fd=top)


def _unlinked(name: str, parent: int) -> bool:
    """Remove what is not a folder; return whether it was not one."""
    if stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
        return False
    os.unlink(name, dir_fd=parent)
    return True


def _walk(folder: Path, visit: Visit) -> None:
    """Visit what is below a folder, each by its name in an open parent, so that no link can lead outside."""
    top = os.open(folder, _OPEN)
    try:
        _descend(top, visit, _DEEPEST)
    finally:
        os.close(top)


def _descend(parent: int, visit: Visit, levels: int) -> None:
    for name in os.listdir(parent):
        with suppress(FileNotFoundError):
            found = os.stat(name, dir_fd=parent, follow_symlinks=False)
            visit(name, parent, found)
            if stat.S_ISDIR(found.st_mode) and levels:
                inner = os.open(name, _OPEN, dir_fd=parent)
                try:
                    _descend(inner, visit, levels - 1)
                finally:
                    os.close(inner)
