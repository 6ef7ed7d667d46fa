"""Copies of keys in our own files: as the server dumps them, each with its time of expiry."""

import json
import os
import stat
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import Base64Bytes

from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import InputError, IntegrityError, NotFoundError
from grace_workers.foundation.plain_file import read_small, replace_file, translated

LARGEST = 64 << 20
"""The most bytes of dumped values that one stash holds."""

_LARGEST_FILE = 3 * LARGEST
_KEY_CHARACTERS = frozenset("0123456789abcdefghijklmnopqrstuvwxyz-")


@dataclass(frozen=True, slots=True)
class KeptKey:
    """One key as dumped; `expires_at` in milliseconds of the server's clock, None for a key that does not expire."""

    name: bytes
    dump: bytes
    expires_at: int | None


class _Entry(Document):
    name: Base64Bytes
    dump: Base64Bytes
    expires_at: int | None


class _File(Document):
    entries: tuple[_Entry, ...]


class KeyStashes:
    """The stashes of one target, a file each, readable by this user alone because a cache may contain secrets.

    Stashes older than `keep` are removed when a new one is written.
    """

    def __init__(self, folder: Path, *, keep: timedelta) -> None:
        self._folder = folder
        self._keep = keep

    def holds(self, key: str) -> bool:
        """Return whether there is such a stash."""
        with translated(f"stash {key!r}"):
            return self._path(key).exists()

    def write(self, key: str, kept: Sequence[KeptKey]) -> None:
        """Stash the keys under `key`."""
        entries = [
            {"name": b64encode(one.name).decode(), "dump": b64encode(one.dump).decode(), "expires_at": one.expires_at}
            for one in kept
        ]
        with translated(f"stash {key!r}"):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._prune(datetime.now(UTC))
            replace_file(self._path(key), json.dumps({"entries": entries}).encode())

    def read(self, key: str) -> Sequence[KeptKey]:
        """Return the keys. Raises NotFoundError for an unknown stash, IntegrityError for one that is damaged."""
        if not self.holds(key):
            raise NotFoundError(f"there is no stash {key!r} in {str(self._folder)!r}")
        with translated(f"stash {key!r}"):
            raw = read_small(self._path(key), most=_LARGEST_FILE)
        try:
            found = _File.read(json.loads(raw), f"stash {key!r}")
        except (ValueError, InputError) as error:
            raise IntegrityError(f"stash {key!r} in {str(self._folder)!r} is damaged and cannot be restored") from error
        return [KeptKey(one.name, one.dump, one.expires_at) for one in found.entries]

    def _prune(self, now: datetime) -> None:
        for entry in list(os.scandir(self._folder)):
            found = entry.stat(follow_symlinks=False)
            age = timedelta(seconds=now.timestamp() - found.st_mtime)
            ours = entry.name.endswith(".json") and _KEY_CHARACTERS.issuperset(entry.name[: -len(".json")])
            if ours and stat.S_ISREG(found.st_mode) and age > self._keep:
                # Another process may prune at the same moment.
                Path(entry.path).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        if not key or not _KEY_CHARACTERS.issuperset(key):
            raise InputError(f"stash {key[:80]!r} is not a key that a snapshot gives")
        return self._folder / f"{key}.json"
