"""Canonical bytes against an oracle, tree and proofs against their definition, notes against forgery."""

import random
from datetime import UTC, datetime
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from grace_workers.audit import (
    Checkpoint,
    Entry,
    Frontier,
    Hashes,
    NoteError,
    Signer,
    StreamPosition,
    VerifierKey,
    consistent,
    evidence_json,
    included,
    read_checkpoint,
    signed_by,
    write,
)
from grace_workers.audit.proof import _fold
from grace_workers.foundation.canonical import canonical_bytes
from grace_workers.foundation.errors import InputError

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.datetimes()
    | st.timedeltas()
    | st.uuids()
    | st.decimals(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=10,
)


@given(anything)
def test_any_details_become_the_very_bytes_of_rfc_8785(value: Any) -> None:
    found = evidence_json(value)
    assert canonical_bytes(found) == rfc8785.dumps(found)


@pytest.mark.slow
@given(st.dictionaries(st.text(), anything))
def test_an_envelope_is_canonical_with_any_details(data: dict[str, Any]) -> None:
    written = write(entry(data=data), StreamPosition.fresh())
    import json

    assert written.envelope == rfc8785.dumps(json.loads(written.envelope))
    assert (written.data is None) == (written.salt is None) == (not data)


def test_an_entry_without_a_time_zone_is_refused() -> None:
    with pytest.raises(InputError, match="no zone"):
        Entry(at=datetime(2026, 1, 1), actor="a", action="b", subject="c")  # noqa: DTZ001


def test_two_keys_of_one_spelling_are_both_kept() -> None:
    assert evidence_json({"A b": 1, "a_b": 2}) == {"a_b": 1, "a_b_2": 2}


def test_the_tree_and_its_proofs_follow_their_definition() -> None:
    chance = random.Random(1)
    leaves = [chance.randbytes(32) for _ in range(1030)]
    tree = Frontier()
    nodes = {(node.height, node.idx): node.hash for node in tree.extend(leaves)}
    hashes = Hashes(leaves=lambda start, end: leaves[start:end], node=lambda height, idx: nodes[height, idx])
    for size in [*range(1, 20), 255, 256, 257, 512, 1029, 1030]:
        root = hashes.root(size)
        assert root == _fold(leaves[:size])
        seq, old = chance.randrange(size), chance.randint(1, size)
        path = hashes.inclusion(seq, size)
        assert included(leaves[seq], seq, size, path, root)
        assert not included(leaves[seq - 1], seq, size, path, root) or size == 1
        proof = hashes.consistency(old, size)
        assert consistent(old, hashes.root(old), size, root, proof)
        assert not consistent(old, chance.randbytes(32), size, root, proof)
    assert tree.root() == hashes.root(1030)


def test_a_key_and_a_note_survive_their_text() -> None:
    signer = Signer("example.org/audit/1", bytes(range(32)))
    assert VerifierKey.parse(str(signer.key)) == signer.key
    note = signer.note(Checkpoint("example.org/audit/1", 7, bytes(32)).text)
    assert read_checkpoint(note).size == 7
    assert signed_by(note, signer.key)
    assert not signed_by(note.replace("\n7\n", "\n8\n"), signer.key)
    assert not signed_by(note, Signer("example.org/audit/1", bytes(32)).key)


def test_a_signer_does_not_show_its_secret() -> None:
    assert "PRIVATE" not in repr(Signer("log", bytes(32))).upper()
    assert bytes(32).hex() not in repr(Signer("log", bytes(32)))


@pytest.mark.parametrize("text", ["", "a\nb\n", "log\n01\nAAAA\n\n\u2014 log AAAA\n", "log\n1\n\n\u2014 log AAAA\n"])
def test_a_malformed_note_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        read_checkpoint(text)


def test_an_entry_names_its_token_and_no_secret() -> None:
    assert entry(subject="token:a-admin").subject == "token:a-admin"
    for secret in ("token:grace_" + "A" * 43, "token: hunter2hunter2", "password:hunter2"):
        assert "***" in entry(subject=secret).subject


def entry(**fields: Any) -> Entry:
    told: dict[str, Any] = {"at": datetime(2026, 1, 1, tzinfo=UTC), "actor": "a", "action": "job.done", "subject": "s"}
    return Entry(**{**told, **fields})
