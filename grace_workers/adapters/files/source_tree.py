"""The texts of a repository, read without following a link and without trusting a size."""

import os
from collections.abc import Iterator
from pathlib import Path

from grace_workers.coding import SourceText, UnreadFile

_SKIPPED = {".git", ".hg", ".svn", ".venv", "venv", ".tox", ".nox", "node_modules", "__pycache__", "site-packages"}
_CACHES = {".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}
LARGEST = 1 << 20
MOST = 50_000


def source_texts(root: Path) -> Iterator[SourceText | UnreadFile]:
    """Yield the text files below a folder, or the file itself, in order of names. Binary files are left out."""
    if not root.is_dir():
        yield from _read(root, root.name)
        return
    count = 0
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED | _CACHES)
        for file in sorted(files):
            path = Path(folder, file)
            count += 1
            if count > MOST:
                yield UnreadFile(str(path.relative_to(root)), f"more than {MOST} files; scan a part of them")
                return
            yield from _read(path, str(path.relative_to(root)))


def _read(path: Path, name: str) -> Iterator[SourceText | UnreadFile]:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if not path.is_symlink():
            yield UnreadFile(name, error.strerror or str(error))
        return
    with os.fdopen(descriptor, "rb") as stream:
        if not path.is_file():
            return
        content = stream.read(LARGEST + 1)
    if b"\x00" in content[:8192]:
        return
    if len(content) > LARGEST:
        yield UnreadFile(name, f"larger than {LARGEST >> 20} MiB")
        return
    try:
        yield SourceText(name, content.decode())
    except UnicodeDecodeError:
        yield SourceText(name, content.decode("latin-1"))
