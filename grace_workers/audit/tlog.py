"""Inclusion proofs as files a person can keep: the C2SP `.tlog-proof` text."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass

from grace_workers.audit.hashing import leaf_hash
from grace_workers.audit.note import NoteError, VerifierKey, read_checkpoint, signed_by
from grace_workers.audit.proof import included

_HEADER = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class TlogProof:
    """The claim that the entry at `index` is among those under the checkpoint in `note`."""

    index: int
    path: Sequence[bytes]
    note: str

    def __str__(self) -> str:
        hashes = "".join(f"{base64.b64encode(step).decode()}\n" for step in self.path)
        return f"{_HEADER}\nindex {self.index}\n{hashes}\n{self.note}"

    @classmethod
    def parse(cls, text: str) -> "TlogProof":
        """Return the proof in `text`.

        Raises:
            NoteError: it contains none.
        """
        head, _, note = text.partition("\n\n")
        lines = [line for line in head.split("\n") if not line.startswith("extra ")]
        if lines[0] != _HEADER or len(lines) < 2 or not lines[1].startswith("index "):  # noqa: PLR2004
            raise NoteError(f"not a proof: it does not begin with {_HEADER} and an index")
        try:
            return cls(int(lines[1][6:]), [base64.b64decode(line, validate=True) for line in lines[2:]], note)
        except (ValueError, binascii.Error) as error:
            raise NoteError("the proof's index or hashes cannot be read") from error

    def proves(self, envelope: bytes, key: VerifierKey) -> bool:
        """Return whether the proof holds for this envelope under a checkpoint that `key` signed."""
        checkpoint = read_checkpoint(self.note)
        genuine = checkpoint.origin == key.name and signed_by(self.note, key)
        return genuine and included(leaf_hash(envelope), self.index, checkpoint.size, self.path, checkpoint.root)
