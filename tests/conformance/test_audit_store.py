"""What every anchor and every key store must do; the file-based ones ship."""

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from grace_workers.adapters.files.audit_anchor import FileAnchor
from grace_workers.adapters.files.audit_keys import FileSealingKeys
from grace_workers.audit import Checkpoint, Signer, VerifierKey
from grace_workers.foundation.errors import ConflictError, InputError, IntegrityError, NotFoundError

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SIGNER = Signer("example.org/audit/1", bytes(range(32)))


def note(size: int, origin: str = "example.org/audit/1") -> str:
    return Signer(origin, bytes(range(32))).note(Checkpoint(origin, size, bytes([size]) * 32).text)


@pytest.fixture
def anchor(tmp_path: Path) -> FileAnchor:
    return FileAnchor(tmp_path / "deep" / "anchors")


@pytest.fixture
def keys(tmp_path: Path) -> FileSealingKeys:
    return FileSealingKeys(tmp_path / "keys")


def test_an_anchor_keeps_notes_in_order(anchor: FileAnchor) -> None:
    assert anchor.newest(SIGNER.key.name) is None
    assert list(anchor.kept()) == []
    anchor.publish(note(1), NOW)
    anchor.publish(note(9, "example.org/audit/2"), NOW)
    anchor.publish(note(2), NOW)
    assert anchor.newest(SIGNER.key.name) == note(2)
    assert [kept.note for kept in anchor.kept()] == [note(1), note(9, "example.org/audit/2"), note(2)]
    assert next(anchor.kept()).at == NOW


def test_an_anchor_never_goes_back(anchor: FileAnchor) -> None:
    anchor.publish(note(5), NOW)
    assert anchor.publish(note(4), NOW) == b""
    assert [kept.note for kept in anchor.kept()] == [note(5)]


def test_an_anchor_gives_what_stood_there_when_it_was_asked(anchor: FileAnchor) -> None:
    anchor.publish(note(1), NOW)
    kept = anchor.kept()
    anchor.publish(note(2), NOW)
    assert [one.note for one in kept] == [note(1)]


def test_an_anchor_drops_a_line_that_a_crash_cut_off(anchor: FileAnchor, tmp_path: Path) -> None:
    anchor.publish(note(1), NOW)
    path = tmp_path / "deep" / "anchors"
    path.write_bytes(path.read_bytes() + b'{"at": "20')
    assert [kept.note for kept in anchor.kept()] == [note(1)]
    anchor.publish(note(2), NOW)
    assert [kept.note for kept in anchor.kept()] == [note(1), note(2)]


def test_an_anchor_refuses_a_whole_line_that_cannot_be_read(anchor: FileAnchor, tmp_path: Path) -> None:
    anchor.publish(note(1), NOW)
    path = tmp_path / "deep" / "anchors"
    path.write_bytes(b"nonsense\n" + path.read_bytes())
    with pytest.raises(IntegrityError, match="cannot be read"):
        list(anchor.kept())


def test_keys_are_made_once_even_by_many_at_a_time(keys: FileSealingKeys) -> None:
    found: list[VerifierKey] = []
    threads = [threading.Thread(target=lambda: found.append(keys.create("example.org"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert set(map(str, found)) == {str(keys.pinned())}
    assert keys.signer().key == keys.pinned()


def test_a_private_key_that_others_may_read_is_refused(keys: FileSealingKeys, tmp_path: Path) -> None:
    keys.create("example.org")
    assert (tmp_path / "keys" / "key").stat().st_mode & 0o777 == 0o600
    (tmp_path / "keys" / "key").chmod(0o640)
    with pytest.raises(InputError, match="chmod 600"):
        keys.signer()


def test_the_following_key_takes_the_place_of_the_present_one(keys: FileSealingKeys) -> None:
    keys.create("example.org")
    assert keys.following() is None
    prepared = keys.prepare()
    assert keys.prepare().key == prepared.key
    keys.promote()
    assert keys.signer().key == prepared.key
    assert keys.following() is None


def test_what_was_signed_last_is_remembered(keys: FileSealingKeys) -> None:
    keys.create("example.org")
    assert keys.last() is None
    keys.remember(note(3))
    assert keys.last() == note(3)


def test_a_lost_pinned_key_is_not_replaced(keys: FileSealingKeys, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        keys.pinned()
    keys.create("example.org")
    keys.remember(note(3))
    (tmp_path / "keys" / "pinned").unlink()
    with pytest.raises(ConflictError, match="restore it"):
        keys.create("example.org")
