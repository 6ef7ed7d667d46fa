"""Copies of what targets held, in our own files: which are trusted, and which are over."""

import os
from datetime import timedelta
from pathlib import Path
from time import time
from typing import BinaryIO

from grace_workers.foundation.errors import IntegrityError
from grace_workers.foundation.own_file import objection
from grace_workers.foundation.plain_file import open_regular

PARTIAL = ".partial"
"""How the name of a copy ends while it is built."""

_ABANDONED = timedelta(hours=1)


def opened_copy(path: Path, folder: Path, what: str) -> BinaryIO:
    """Open a copy that only we may have written, because its content is put back with owner and mode.

    Raises:
        OSError: it does not exist or may not be read.
        IntegrityError: it is not a regular file, or others may have changed it or its `folder`.
    """
    descriptor = open_regular(path)
    if descriptor is None:
        raise IntegrityError(f"{what}: {str(path)!r} is not a regular file")
    stream = os.fdopen(descriptor, "rb")
    for place, found in ((path, os.fstat(descriptor)), (folder, folder.stat())):
        if (why := objection(found)) is not None:
            stream.close()
            raise IntegrityError(f"{what}: {str(place)!r} {why}, so nothing is restored from it")
    return stream


def is_over(entry: os.DirEntry[str], keep: timedelta | None, now: float | None = None) -> bool:
    """Return whether a copy is older than `keep`, if it may be removed at all, or a dead process left it half built."""
    age = timedelta(seconds=(time() if now is None else now) - entry.stat(follow_symlinks=False).st_mtime)
    return (entry.name.endswith(PARTIAL) and age > _ABANDONED) or (keep is not None and age > keep)
