"""The attack table: what a superuser of the database can do, and that the anchors show it."""

import shutil
from pathlib import Path

import psycopg
import pytest

from grace_workers.adapters.files.audit_anchor import FileAnchor
from grace_workers.adapters.postgres.audit import PostgresAuditArchive, Sealer, SealRefusedError
from grace_workers.audit import Intact, Tampered, chain_start, leaf_hash, link
from grace_workers.audit.tree import Frontier
from grace_workers.cycles.programmes.audit_integrity import DEFINITION as AUDIT_INTEGRITY
from grace_workers.orchestration.work.cycle_readers import LineReaders
from grace_workers.signals import SignalStatus
from tests.builders import Ward
from tests.integration.audit.conftest import Desk

pytestmark = pytest.mark.servers

SIZE = 60


@pytest.fixture
def victim(desk: Desk) -> Desk:
    """A log of sixty entries with a checkpoint every twenty, opened for attack."""
    for number in range(SIZE):
        desk.append(1, subject=f"job:{number}")
    desk.seal()
    assert isinstance(desk.archive.verify(), Intact)
    desk.attack()
    return desk


def rehash(desk: Desk, *, resign: bool = False) -> None:
    """Recompute every hash of the changed log as an attacker with the code would; `resign` with the stolen key too."""
    origin = desk.keys.pinned().name
    tree, chain = Frontier(), chain_start(origin)
    with psycopg.connect(desk.url) as session:
        rows = session.execute("SELECT seq, entry::text FROM audit_log ORDER BY seq").fetchall()
        for seq, (old, text) in enumerate(rows):
            leaf = leaf_hash(text.encode())
            chain = link(seq, chain, leaf)
            tree.extend([leaf])
            session.execute(
                "UPDATE audit_log SET seq = %s, leaf = %s, chain = %s WHERE seq = %s", (seq, leaf, chain, old)
            )
            if resign:
                resigned(desk, session, tree)
        session.execute("UPDATE audit_head SET size = %s, frontier = %s, chain = %s", (tree.size, tree.pack(), chain))


def resigned(desk: Desk, session: psycopg.Connection, tree: Frontier) -> None:
    from grace_workers.audit import Checkpoint

    note = desk.keys.signer().note(Checkpoint(desk.keys.pinned().name, tree.size, tree.root()).text)
    session.execute("UPDATE audit_checkpoint SET note = %s WHERE size = %s", (note, tree.size))
    if tree.size % 20 == 0:
        desk.keys.remember(note)


def found(desk: Desk) -> Tampered:
    finding = desk.archive.verify()
    assert isinstance(finding, Tampered), finding
    return finding


EDIT = "UPDATE audit_log SET entry = replace(entry::text, 'job:25', 'job:99')::json WHERE seq = 25"


def test_an_edited_entry_is_named(victim: Desk) -> None:
    victim.attack(EDIT)
    assert found(victim).seq == 25


def test_an_edited_entry_with_its_leaf_recomputed_is_named(victim: Desk) -> None:
    victim.attack(EDIT, "UPDATE audit_log SET leaf = sha256('\\x00'::bytea || entry::text::bytea) WHERE seq = 25")
    assert found(victim).seq == 25


def test_edited_details_are_named(victim: Desk) -> None:
    victim.attack("""UPDATE audit_log SET data = '{"took":"9.99"}' WHERE seq = 25""")
    assert found(victim).seq == 25


def test_a_deleted_middle_entry_is_named(victim: Desk) -> None:
    victim.attack("DELETE FROM audit_log WHERE seq = 25")
    assert found(victim).seq == 25


def test_a_deleted_middle_entry_in_a_recomputed_log_is_found(victim: Desk) -> None:
    victim.attack("DELETE FROM audit_log WHERE seq = 25")
    rehash(victim)
    assert 20 <= found(victim).seq <= 26


def test_a_cut_tail_is_found(victim: Desk) -> None:
    victim.attack("DELETE FROM audit_log WHERE seq >= 50")
    rehash(victim)
    assert found(victim).seq == 50


def test_a_cut_tail_without_its_checkpoints_is_found_by_the_anchor(victim: Desk) -> None:
    victim.attack("DELETE FROM audit_log WHERE seq >= 40", "DELETE FROM audit_checkpoint WHERE size > 40")
    rehash(victim)
    assert found(victim).seq == 40


def test_two_swapped_entries_are_named(victim: Desk) -> None:
    swap = "UPDATE audit_log AS one SET entry = (SELECT entry FROM audit_log AS two WHERE two.seq = 55 - one.seq)"
    victim.attack(f"{swap} WHERE seq IN (25, 30)")
    assert found(victim).seq == 25


def test_two_swapped_entries_with_their_leaves_are_named(victim: Desk) -> None:
    swap = (
        "UPDATE audit_log AS one SET (entry, leaf) = "
        "(SELECT entry, leaf FROM audit_log AS two WHERE two.seq = 55 - one.seq)"
    )
    victim.attack(f"{swap} WHERE seq IN (25, 30)")
    assert found(victim).seq == 25


def test_an_inserted_entry_in_a_recomputed_log_is_found(victim: Desk) -> None:
    victim.attack(
        "UPDATE audit_log SET seq = seq + 1000 WHERE seq > 25",
        "INSERT INTO audit_log (seq, inbox_id, entry, leaf, chain) "
        "SELECT 26, 0, replace(entry::text, 'job:25', 'job:99')::json, leaf, chain FROM audit_log WHERE seq = 25",
    )
    rehash(victim)
    assert 20 <= found(victim).seq <= 26


def test_a_rewritten_log_is_not_signed_by_the_sealer_and_is_found(victim: Desk) -> None:
    victim.attack(EDIT, "DELETE FROM audit_checkpoint WHERE size > 20")
    rehash(victim)
    victim.append(1)
    with pytest.raises(SealRefusedError, match="rewritten"):
        victim.sealer().seal_once()
    assert 20 <= found(victim).seq <= 26


def test_a_restored_backup_that_continues_is_detected_by_the_anchor(desk: Desk) -> None:
    desk.append(20)
    desk.seal()
    backup = (desk.folder / "keys" / "state").read_text()
    desk.append(20)
    desk.seal()
    anchors = (desk.folder / "anchors.jsonl").read_text()
    desk.attack("DELETE FROM audit_log WHERE seq >= 20", "DELETE FROM audit_checkpoint WHERE size > 20")
    rehash(desk)
    # The sealer's own memory is rolled back too, and it sees no anchor, so it continues blindly.
    (desk.folder / "keys" / "state").write_text(backup)
    blind = Sealer(desk.url, desk.keys, [FileAnchor(desk.folder / "other")])
    desk.append(30)
    blind.seal_once()
    blind.close()
    (desk.folder / "anchors.jsonl").write_text(anchors)
    assert found(desk).seq == 20


def test_a_stolen_key_and_a_full_rewrite_are_found_by_the_anchor(victim: Desk) -> None:
    victim.attack(EDIT)
    rehash(victim, resign=True)
    assert 20 <= found(victim).seq <= 26


def test_a_stolen_newest_key_cannot_sign_for_an_earlier_epoch(desk: Desk, tmp_path: Path) -> None:
    for number in range(30):
        desk.append(1, subject=f"job:{number}")
    desk.sealer().rotate("operator")
    desk.seal()
    desk.append(20)
    desk.seal()
    desk.attack(EDIT)
    rehash(desk, resign=True)
    # Even with matching forged anchors, the closing checkpoint needs the key that was destroyed.
    (tmp_path / "anchors.jsonl").unlink()
    shutil.copy(tmp_path / "keys" / "state", tmp_path / "state")
    blind = PostgresAuditArchive(desk.url, desk.keys, [FileAnchor(tmp_path / "forged")])
    desk.anchor.publish(str(desk.keys.last()), desk.archive._clock.now())
    assert not isinstance(desk.archive.verify(), Intact)
    assert not isinstance(blind.verify(), Intact)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_head SET size = size - 1",
        "UPDATE audit_head SET chain = sha256(chain)",
        "UPDATE audit_head SET frontier = sha256('x')",
        "UPDATE audit_log SET chain = sha256(chain) WHERE seq = 25",
        "UPDATE audit_log SET leaf = sha256(leaf) WHERE seq = 59",
        "UPDATE audit_log SET salt = sha256('x') WHERE seq = 25",
        "DELETE FROM audit_checkpoint WHERE size = 60",
        "UPDATE audit_checkpoint SET note = replace(note, '20', '30')  WHERE size = 20",
        "UPDATE audit_checkpoint SET note = (SELECT note FROM audit_checkpoint WHERE size = 40) WHERE size = 20",
        "INSERT INTO audit_node VALUES (8, 0, 'x')",
    ],
)
def test_no_other_change_counts_as_intact(victim: Desk, statement: str) -> None:
    victim.attack(statement)
    assert not isinstance(victim.archive.verify(), Intact)


def test_the_cycle_that_verifies_the_log_raises_what_was_changed_until_it_is_mended(victim: Desk) -> None:
    ward = Ward()
    readers = LineReaders(line=ward.line, triggers=ward.catalogs.triggers, archive=lambda: victim.archive)
    victim.attack(EDIT)
    broken = AUDIT_INTEGRITY.judge(AUDIT_INTEGRITY.read(readers), None, ward.clock.now())
    [signal] = broken.signals
    assert (signal.name, signal.status) == ("AuditIntegrityBroken", SignalStatus.FIRING)
    assert "changed at entry 25" in signal.summary
    victim.attack(EDIT.replace("'job:25', 'job:99'", "'job:99', 'job:25'"))
    whole = AUDIT_INTEGRITY.judge(AUDIT_INTEGRITY.read(readers), broken.memory, ward.clock.now())
    assert [one.status for one in whole.signals] == [SignalStatus.RESOLVED]
