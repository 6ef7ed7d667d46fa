"""Signed notes and checkpoints in the C2SP formats (signed-note, tlog-checkpoint), with Ed25519 keys (type 0x01)."""

import base64
import binascii
import re
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Self

from grace_workers.audit.hashing import HASH_SIZE
from grace_workers.foundation.errors import InputError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_ED25519 = b"\x01"
_KEY_ID_SIZE = 4
_CHECKPOINT_LINES = 3
_ORIGIN = re.compile(r"[^\s+]{1,200}")
_MARK = "\u2014 "


class NoteError(InputError):
    """A note is malformed, or has no signature by the required key."""


@dataclass(frozen=True)
class VerifierKey:
    """A public key and the name it signs under; for a log the name is its origin."""

    name: str
    raw: bytes

    def __post_init__(self) -> None:
        if not _ORIGIN.fullmatch(self.name):
            raise InputError(f"key name {self.name[:80]!r} contains a space or a plus, or is empty")
        if len(self.raw) != HASH_SIZE:
            raise InputError(f"an Ed25519 public key has {HASH_SIZE} bytes, not {len(self.raw)}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the key that `name+id+base64` encodes.

        Raises:
            InputError: the text is not a valid key.
        """
        parts = text.strip().split("+", 2)
        if len(parts) != 3:  # noqa: PLR2004
            raise InputError("a verifier key has the form name+id+base64")
        blob = _unbase64(parts[2], "verifier key")
        if blob[:1] != _ED25519:
            raise InputError("the verifier key is not an Ed25519 key (type 0x01)")
        key = cls(parts[0], blob[1:])
        if key.id.hex() != parts[1]:
            raise InputError(f"the verifier key's id is {key.id.hex()}, but it says {parts[1][:16]!r}")
        return key

    @cached_property
    def id(self) -> bytes:
        """The first four bytes of the hash over name and key."""
        return sha256(f"{self.name}\n".encode() + _ED25519 + self.raw).digest()[:_KEY_ID_SIZE]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(_ED25519 + self.raw).decode()}"

    def verifies(self, signature: bytes, text: bytes) -> bool:
        """Return whether `signature` is this key's over `text`."""
        from cryptography.exceptions import InvalidSignature

        try:
            self._public.verify(signature, text)
        except InvalidSignature:
            return False
        return True

    @cached_property
    def _public(self) -> "Ed25519PublicKey":
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        return Ed25519PublicKey.from_public_bytes(self.raw)


class Signer:
    """A private key and the name it signs under. Its rendering does not show the secret."""

    def __init__(self, name: str, seed: bytes) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.key = VerifierKey(name, self._private.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        return f"Signer({self.key.name!r}, id={self.key.id.hex()})"

    def sign(self, text: bytes) -> bytes:
        """Return the 64-byte signature over `text`."""
        return self._private.sign(text)

    def note(self, text: str) -> str:
        """Return `text`, which ends with a newline, as a signed note."""
        signature = base64.b64encode(self.key.id + self.sign(text.encode())).decode()
        return f"{text}\n{_MARK}{self.key.name} {signature}\n"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says about itself: its number of entries and their root."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The body that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @property
    def short(self) -> str:
        """Size and the first twelve digits of the root, for a person to note down."""
        return f"{self.size}:{self.root.hex()[:12]}"


def read_checkpoint(note: str) -> Checkpoint:
    """Return the checkpoint in a note, *without* checking its signatures.

    Raises:
        NoteError: the note does not contain one.
    """
    lines = _body(note).split("\n")
    if len(lines) != _CHECKPOINT_LINES + 1 or lines[-1] or not _ORIGIN.fullmatch(lines[0]):
        raise NoteError("the note is not a checkpoint of three lines: origin, size, root")
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", lines[1]):
        raise NoteError(f"checkpoint size {lines[1][:30]!r} is not a decimal number")
    root = _unbase64(lines[2], "checkpoint root")
    if len(root) != HASH_SIZE:
        raise NoteError(f"the checkpoint's root has {len(root)} bytes, not {HASH_SIZE}")
    return Checkpoint(lines[0], int(lines[1]), root)


def signed_by(note: str, key: VerifierKey) -> bool:
    """Return whether the note has a valid signature by `key`.

    Raises:
        NoteError: the note is malformed.
    """
    body = _body(note)
    for name, blob in _signatures(note[len(body) + 1 :]):
        if name == key.name and blob[:_KEY_ID_SIZE] == key.id:
            return key.verifies(blob[_KEY_ID_SIZE:], body.encode())
    return False


def _body(note: str) -> str:
    at = note.rfind("\n\n" + _MARK)
    if at < 0:
        raise NoteError("the note has no signature part")
    return note[: at + 1]


def _signatures(part: str) -> list[tuple[str, bytes]]:
    if not part.endswith("\n"):
        raise NoteError("the note does not end with a newline")
    found = []
    for line in part[:-1].split("\n"):
        name, _, blob = line.removeprefix(_MARK).partition(" ")
        if not line.startswith(_MARK) or not blob:
            raise NoteError("a signature line of the note is malformed")
        found.append((name, _unbase64(blob, "signature")))
    return found


def _unbase64(text: str, what: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError(f"the {what} is not base64") from error
    if base64.b64encode(raw).decode() != text:
        raise NoteError(f"the {what} is not canonical base64")
    return raw
