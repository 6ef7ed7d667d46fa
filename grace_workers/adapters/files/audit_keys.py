"""The log's keys and the sealer's memory, as files in one folder outside the database.

`pinned`: the first public key, with the origin as its name. `key`: the private key in force. `key.next`: the next key,
during a rotation. `state`: the last checkpoint signed here. Private keys must be readable by their owner only.
"""

import base64
import binascii
import os
import stat
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from grace_workers.adapters.files.audit_anchor import sync_folder
from grace_workers.audit import Signer, VerifierKey
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError
from grace_workers.foundation.own_file import PRIVATE_FILE, read_own
from grace_workers.orchestration.audit_archive import SealingKeys

_SEED_SIZE = 32


class FileSealingKeys(SealingKeys):
    """Keys in `folder`; nothing is made until `create` or `prepare` is called."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create(self, organisation: str) -> VerifierKey:
        """Make the first key of a new log, unless one exists, and return the pinned key.

        The origin becomes `<organisation>/audit/<uuid>`.

        Raises:
            ConflictError: there is a key or a state, but no pinned key.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        pinned = self._folder / "pinned"
        if pinned.exists():
            return self.pinned()
        if (self._folder / "state").exists():
            raise ConflictError(f"{pinned} is missing but the log has been signed before; restore it from a copy")
        seed = self._make("key")
        origin = f"{organisation}/audit/{uuid4()}"
        self._place("pinned", f"{Signer(origin, seed).key}\n".encode())
        return self.pinned()

    def pinned(self) -> VerifierKey:
        try:
            return VerifierKey.parse(read_own(self._folder / "pinned"))
        except FileNotFoundError as error:
            raise NotFoundError(
                f"no pinned audit key in {self._folder}; copy it from the node that seals the log"
            ) from error

    def signer(self) -> Signer:
        """Return the key in force.

        Raises:
            NotFoundError: there is none here.
            InputError: others may read it.
        """
        return Signer(self.pinned().name, self._seed("key"))

    def following(self) -> Signer | None:
        if not (self._folder / "key.next").exists():
            return None
        return Signer(self.pinned().name, self._seed("key.next"))

    def prepare(self) -> Signer:
        return Signer(self.pinned().name, self._make("key.next"))

    def promote(self) -> None:
        (self._folder / "key.next").replace(self._folder / "key")
        sync_folder(self._folder)

    def last(self) -> str | None:
        try:
            return read_own(self._folder / "state")
        except FileNotFoundError:
            return None

    def remember(self, note: str) -> None:
        _write(self._folder / "state", note.encode())

    def _make(self, name: str) -> bytes:
        if not (self._folder / name).exists():
            self._place(name, base64.b64encode(os.urandom(_SEED_SIZE)) + b"\n")
        return self._seed(name)

    def _place(self, name: str, content: bytes) -> None:
        """Make a file that exists whole or not at all; one that another process made meanwhile stays."""
        fresh = self._folder / f"{name}.{uuid4().hex}"
        _write(fresh, content)
        with suppress(FileExistsError):
            (self._folder / name).hardlink_to(fresh)
        fresh.unlink()
        sync_folder(self._folder)

    def _seed(self, name: str) -> bytes:
        path = self._folder / name
        try:
            text = read_own(path)
            mode = path.stat().st_mode
        except FileNotFoundError as error:
            raise NotFoundError(f"no audit signing key at {path}; this node cannot seal") from error
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise InputError(
                f"audit signing key {path} is readable by other users ({stat.filemode(mode)}); run chmod 600 on it"
            )
        try:
            seed = base64.b64decode(text, validate=False)
        except binascii.Error as error:
            raise InputError(f"audit signing key {path} is not base64; restore it from a copy") from error
        if len(seed) != _SEED_SIZE:
            raise InputError(f"audit signing key {path} does not hold {_SEED_SIZE} bytes; restore it from a copy")
        return seed


def _write(path: Path, content: bytes) -> None:
    """Replace a file in one step, closed to others, flushed before and after."""
    fresh = path.with_name(f"{path.name}.{uuid4().hex}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, PRIVATE_FILE)
    try:
        os.write(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    fresh.replace(path)
    sync_folder(path.parent)
