"""The mathematics of the audit log: entries, canonical bytes, chain, Merkle tree, checkpoints, verification.

It writes to no store.
"""

from grace_workers.audit.admission import Admission, Arrival, Judged, ReadArrival, Stream, Window, examine
from grace_workers.audit.bundle import BUNDLED, MANIFEST, MANIFEST_NOTE, manifest_note, verify_bundle
from grace_workers.audit.entry import Entry
from grace_workers.audit.envelope import MOST_DETAILS, MOST_ENVELOPE, SHAPE, StreamPosition, Written, write
from grace_workers.audit.evidence import evidence_json
from grace_workers.audit.findings import (
    Anchored,
    CannotTell,
    Finding,
    Head,
    Intact,
    Material,
    ReaderPolicy,
    SealedRow,
    Tampered,
    UnsealedRow,
    exit_code,
)
from grace_workers.audit.hashing import EMPTY_ROOT, chain_start, commitment, leaf_hash, link
from grace_workers.audit.note import Checkpoint, NoteError, Signer, VerifierKey, read_checkpoint, signed_by
from grace_workers.audit.proof import Hashes, consistent, included
from grace_workers.audit.rotation import ROTATE, endorsed, endorsement
from grace_workers.audit.set_aside import SET_ASIDE, Notice
from grace_workers.audit.tlog import TlogProof
from grace_workers.audit.tree import Frontier, Subtree
from grace_workers.audit.verification import verify

__all__ = [
    "BUNDLED",
    "EMPTY_ROOT",
    "MANIFEST",
    "MANIFEST_NOTE",
    "MOST_DETAILS",
    "MOST_ENVELOPE",
    "ROTATE",
    "SET_ASIDE",
    "SHAPE",
    "Admission",
    "Anchored",
    "Arrival",
    "CannotTell",
    "Checkpoint",
    "Entry",
    "Finding",
    "Frontier",
    "Hashes",
    "Head",
    "Intact",
    "Judged",
    "Material",
    "NoteError",
    "Notice",
    "ReadArrival",
    "ReaderPolicy",
    "SealedRow",
    "Signer",
    "Stream",
    "StreamPosition",
    "Subtree",
    "Tampered",
    "TlogProof",
    "UnsealedRow",
    "VerifierKey",
    "Window",
    "Written",
    "chain_start",
    "commitment",
    "consistent",
    "endorsed",
    "endorsement",
    "evidence_json",
    "examine",
    "exit_code",
    "included",
    "leaf_hash",
    "link",
    "manifest_note",
    "read_checkpoint",
    "signed_by",
    "verify",
    "verify_bundle",
    "write",
]
