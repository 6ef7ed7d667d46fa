"""The log from append to proof, on a real database."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from grace_workers.adapters.postgres.audit import NothingToDo, NotTheSealer, Sealed, SealRefusedError
from grace_workers.audit import (
    CannotTell,
    Intact,
    Signer,
    Tampered,
    TlogProof,
    VerifierKey,
    exit_code,
    verify_bundle,
)
from grace_workers.audit.bundle import manifest_note
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError
from grace_workers.foundation.ids import EntryId, IncidentId, uuid7
from tests.integration.audit.conftest import Desk

pytestmark = pytest.mark.servers


def test_a_sealed_log_is_intact_and_anchored(desk: Desk) -> None:
    desk.append(300)
    desk.seal()

    found = desk.archive.verify()

    assert isinstance(found, Intact), found
    assert (found.checkpoint.size, found.anchored["file"], found.unsealed) == (300, 300, 0)


def test_an_empty_log_proves_nothing(desk: Desk) -> None:
    assert isinstance(desk.archive.verify(), CannotTell)


def test_a_pass_returns_what_it_did(desk: Desk) -> None:
    sealer = desk.sealer()
    assert isinstance(sealer.seal_once(), NothingToDo)
    desk.append(3)
    done = sealer.seal_once()
    assert isinstance(done, Sealed)
    assert done.count == 3
    assert isinstance(sealer.seal_once(), NothingToDo)


def test_only_one_sealer_works_at_a_time(desk: Desk) -> None:
    desk.append(3)
    with desk.engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1 FROM audit_head FOR UPDATE")
        assert isinstance(desk.sealer().seal_once(), NotTheSealer)


def test_the_newest_entries_come_first_sealed_or_not(desk: Desk) -> None:
    incident = IncidentId(uuid7())
    desk.append(2, subject="old", incident=incident)
    desk.seal()
    desk.append(1, subject="other")
    desk.append(1, subject="new", incident=incident)

    told = desk.archive.tail(10, incident)

    assert [row.envelope["subject"] for row in told] == ["new", "old", "old"]
    assert [row.seq for row in told] == [None, 1, 0]
    assert told[0].data == {"took": "0.25"}
    assert len(desk.archive.tail(2)) == 2


def test_the_head_shows_sizes_and_guard(desk: Desk) -> None:
    desk.append(2)
    desk.seal()
    desk.append(1)
    head = desk.archive.head()
    assert (head.size, head.unsealed, head.guard) == (2, 1, "guarded by roles and triggers")
    assert head.checkpoint is not None
    assert head.checkpoint.size == 2
    assert [(one.place, one.size) for one in head.anchored] == [("file", 2)]


@pytest.mark.parametrize("count", [1, 5, 300])
def test_a_proof_holds_for_its_entry_and_no_other(desk: Desk, count: int) -> None:
    made = desk.append(count)
    desk.seal()
    key = desk.keys.pinned()

    proof = TlogProof.parse(desk.archive.proof(made[count // 2].id))

    assert proof.index == count // 2
    stored = desk.value("SELECT entry::text FROM audit_log WHERE seq = %s", count // 2).encode()
    assert proof.proves(stored, key)
    assert not proof.proves(stored.replace(b"job.done", b"job.gone"), key)
    assert str(proof) == desk.archive.proof(count // 2)


def test_a_proof_of_an_unsigned_or_unknown_entry_is_refused(desk: Desk) -> None:
    desk.append(1)
    desk.sealer().seal_once(sign=False)
    with pytest.raises(ConflictError, match="not signed yet"):
        desk.archive.proof(0)
    with pytest.raises(NotFoundError):
        desk.archive.proof(EntryId(UUID(int=7)))


def test_a_redacted_entry_still_verifies_and_its_details_are_gone(desk: Desk) -> None:
    made = desk.append(5)
    desk.seal()
    desk.archive.redact(made[2].id, actor="officer", reason="personal data")
    assert isinstance(desk.archive.verify(), Intact)
    desk.seal()

    found = desk.archive.verify()

    assert isinstance(found, Intact), found
    assert found.redacted == 1
    assert desk.value("SELECT count(*) FROM audit_log WHERE data IS NULL AND salt IS NULL") == 1


def test_details_erased_without_an_entry_are_tampering(desk: Desk) -> None:
    desk.append(5)
    desk.seal()
    desk.attack("UPDATE audit_log SET data = NULL, salt = NULL WHERE seq = 3")
    assert desk.archive.verify() == Tampered(
        3, "the entry's details are missing, and no audit.redact entry accounts for it"
    )


def test_a_key_passes_the_log_on_and_is_destroyed(desk: Desk) -> None:
    desk.append(5)
    desk.seal()
    first = desk.keys.signer().key
    desk.sealer().rotate("operator")
    desk.append(5)
    desk.seal()
    desk.append(5)
    desk.seal()

    found = desk.archive.verify()

    assert isinstance(found, Intact), found
    assert desk.keys.signer().key != first
    assert desk.keys.following() is None
    assert desk.keys.pinned() == first


def test_an_epoch_without_its_closing_checkpoint_is_tampering(desk: Desk) -> None:
    desk.append(5)
    desk.sealer().rotate("operator")
    desk.seal()
    desk.append(5)
    desk.seal()
    desk.attack("DELETE FROM audit_checkpoint WHERE size = 6")
    found = desk.archive.verify()
    assert isinstance(found, Tampered), found
    assert found.seq == 5


def test_an_unknown_pinned_key_leaves_it_open(desk: Desk, tmp_path: Path) -> None:
    desk.append(2)
    desk.seal()
    first = desk.keys.signer().key
    (desk.folder / "keys" / "pinned").write_text(f"{type(first)(first.name, bytes(32))}\n")
    assert isinstance(desk.archive.verify(), CannotTell)


def test_a_sealed_entry_without_signature_leaves_it_open(desk: Desk) -> None:
    desk.append(2)
    desk.seal()
    desk.append(2)
    desk.sealer().seal_once(sign=False)
    assert desk.archive.verify() == CannotTell("entries 2 to 3 are sealed but not signed yet")


def test_a_missing_anchor_leaves_it_open(desk: Desk) -> None:
    desk.append(2)
    desk.seal()
    (desk.folder / "anchors.jsonl").unlink()
    found = desk.archive.verify()
    assert isinstance(found, CannotTell)
    assert "no anchor of place 'file'" in found.why


def test_a_bundle_verifies_without_the_database(desk: Desk) -> None:
    made = desk.append(300, subject="ünïcode \u2028 line\nbreak")
    desk.sealer().rotate("operator")
    desk.seal()
    desk.archive.redact(made[7].id, actor="officer", reason="personal data")
    desk.seal()
    folder = desk.folder / "bundle"

    checkpoint = desk.archive.export(folder)

    found = verify_bundle(folder, datetime.now(UTC), desk.keys.pinned())
    assert isinstance(found, Intact), found
    assert found.checkpoint == checkpoint
    assert run_script(folder, str(desk.keys.pinned())) == 0
    assert json.loads((folder / "manifest.json").read_text())["size"] == 302
    with pytest.raises(InputError, match="not empty"):
        desk.archive.export(folder)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("entries.jsonl", "job.done", "job.gone"),
        ("data.jsonl", "0.25", "0.26"),
        ("anchors/file.jsonl", "\\n40\\n", "\\n41\\n"),
        ("checkpoints.txt", "\n40\n", "\n39\n"),
        ("keys.txt", "test.example", "best.example"),
        ("nodes", "", "8 0 00\n"),
    ],
)
def test_a_changed_bundle_is_found_out_by_both_verifiers(desk: Desk, name: str, old: str, new: str) -> None:
    desk.append(45)
    desk.seal()
    folder = desk.folder / "bundle"
    desk.archive.export(folder)
    path = folder / name
    path.write_text(path.read_text().replace(old, new, 1) if old else new)
    assert not isinstance(verify_bundle(folder, datetime.now(UTC), desk.keys.pinned()), Intact)
    assert run_script(folder, str(desk.keys.pinned())) in {1, 2}


def test_a_manifest_is_held_to_its_signature_by_both_verifiers(desk: Desk) -> None:
    desk.append(5)
    desk.seal()
    desk.sealer().rotate("operator")
    desk.seal()
    desk.append(1)
    desk.seal()
    folder = desk.folder / "bundle"
    desk.archive.export(folder)
    key = str(desk.keys.pinned())
    manifest, note = folder / "manifest.json", folder / "manifest.note"
    text, signed = manifest.read_text(), note.read_text()
    assert both(folder, key) == (0, 0)
    manifest.write_text(text.replace('"first": 0', '"first": 1'))
    assert both(folder, key) == (1, 1)
    manifest.write_text(text)
    note.write_text(manifest_note(text, Signer(desk.keys.pinned().name, bytes(32))))
    assert both(folder, key) == (1, 1)
    note.write_text(signed.replace("export", "report"))
    assert both(folder, key) == (1, 1)
    note.unlink()
    assert both(folder, key) == (2, 2)


def both(folder: Path, key: str) -> tuple[int, int]:
    found = verify_bundle(folder, datetime.now(UTC), VerifierKey.parse(key))
    return exit_code(found), run_script(folder, key)


def run_script(folder: Path, key: str) -> int:
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(folder / "verify.py"), key], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.returncode


def test_a_sealer_refuses_a_log_that_was_rolled_back(desk: Desk) -> None:
    desk.append(5)
    desk.seal()
    desk.attack(
        "DELETE FROM audit_log WHERE seq >= 3",
        "UPDATE audit_head SET size = 3, frontier = decode(repeat('00', 64), 'hex')",
        "DELETE FROM audit_checkpoint",
    )
    desk.append(1)
    with pytest.raises(SealRefusedError, match="rolled back"):
        desk.sealer().seal_once()


def test_a_sealer_refuses_a_log_whose_memory_is_gone(desk: Desk) -> None:
    desk.append(5)
    desk.seal()
    (desk.folder / "keys" / "state").unlink()
    (desk.folder / "anchors.jsonl").unlink()
    with pytest.raises(SealRefusedError, match="signed last"):
        desk.sealer().seal_once()
