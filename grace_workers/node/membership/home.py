"""The identity of a node's data directory, which distinguishes two nodes of one name."""

import os
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from grace_workers.foundation.own_file import read_own, write_own


def home_of(data_dir: Path) -> str:
    """Return the identity of this data directory, made at the first call; two concurrent callers get the same."""
    path = data_dir / "node-id"
    if not path.exists():
        fresh = path.with_suffix(f".{os.getpid()}")
        write_own(fresh, uuid4().hex)
        with suppress(FileExistsError):
            # A link is made whole or not at all, and never over another.
            os.link(fresh, path)
        fresh.unlink()
    return read_own(path).strip()


def membership_of(data_dir: Path) -> Path:
    """Return where the control process of this data directory's node stores the epoch of its membership."""
    return data_dir / "membership.json"
