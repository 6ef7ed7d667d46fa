"""Snapshots of a fleet in memory: taken by the cycle, checked, and put back part by part."""

import resource
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from grace_workers.cycles import FleetSnapshot, hash_of
from grace_workers.diagnosis import CauseName, KnowledgeEntry, Origin
from grace_workers.foundation.errors import DamagedError, InputError, NotFoundError
from grace_workers.learning import new_model
from grace_workers.node.kernels.readers.records import LedgerRecords
from grace_workers.orchestration import cycles, snapshots
from grace_workers.orchestration.audit_archive import LoggedEntry
from grace_workers.orchestration.line.model_versions import content_of, fault_of
from grace_workers.orchestration.line.recollection import MODEL
from grace_workers.orchestration.stores.models import ModelStore, ModelVersion
from grace_workers.orchestration.stores.snapshots import SnapshotStore
from tests.builders import Ward

KNOWN = KnowledgeEntry(id="k", origin=Origin.LEARNED, cause=CauseName("service_down"), summary="it was down")


@pytest.fixture
def ward(tmp_path: Path) -> Ward:
    made = Ward()
    (tmp_path / "shop.joblib").write_bytes(b"\x80token=hunter2hunter2")
    for name, text in (("shop.yaml", "name: shop\n"), ("grace.yaml", "password: hunter2hunter2\n")):
        (tmp_path / name).write_text(text)
    made.settings.kept_files = {
        "playbooks/0/shop.yaml": tmp_path / "shop.yaml",
        "settings/grace.yaml": tmp_path / "grace.yaml",
        "model_files/0/shop.joblib": tmp_path / "shop.joblib",
        "playbooks/0/gone.yaml": tmp_path / "gone.yaml",
    }
    body = new_model().to_bytes()
    model = ModelVersion(name=MODEL, version=1, sha256=hash_of(body), at=made.clock.now(), revision=7, outcomes=3)
    with made.ledger.transaction() as tx:
        tx.records.save_knowledge(KNOWN)
        tx[ModelStore].put(model, body, keep=10)
    return made


def look(ward: Ward) -> FleetSnapshot:
    cycles.run_now(ward.ledger, "snapshots", by="ann")
    ward.work()
    return snapshots.snapshots(ward.ledger)[0]


def damage(ward: Ward, found: FleetSnapshot, name: str) -> None:
    with ward.ledger.transaction() as tx:
        part = next(one for one in found.parts if one.name == name)
        tx[SnapshotStore].mend({part.sha256: b"rot"})


def opened(name: str, content: bytes) -> str:
    if content == b"\x80rot":
        raise DamagedError(f"{name} cannot be opened")
    return "opened"


def put_back(ward: Ward, part: str) -> str:
    return restore(ward, "newest", part, "a test")


def restore(ward: Ward, wanted: str, part: str, reason: str) -> str:
    order = snapshots.PutBack(
        by="ann",
        reason=reason,
        at=ward.clock.now(),
        instance=ward.line.instance,
        kept_file=ward.settings.kept_files.get,
        opens=opened,
    )
    log = Log(f"snapshot:{snapshots.snapshots(ward.ledger)[0].id}")
    return snapshots.restore(ward.ledger, log, wanted, part, order)  # type: ignore[arg-type]


class Log:
    """An audit log that has signed one entry."""

    def __init__(self, subject: str) -> None:
        self.subject = subject

    def proof(self, of: object) -> str:
        return "proof"

    def entry(self, of: object) -> LoggedEntry:
        return LoggedEntry(seq=0, envelope={"subject": self.subject}, data=None)


def test_a_look_takes_models_knowledge_schedule_and_files_once(ward: Ward) -> None:
    found = look(ward)
    assert [one.name for one in found.parts] == [
        "knowledge.json", "model_files/0/shop.joblib", "models/diagnosis", "playbooks/0/shop.yaml", "schedule.json",
        "settings/grace.yaml",
    ]  # fmt: skip
    look(ward)
    assert len(snapshots.snapshots(ward.ledger)) == 1
    taken = [one for one in ward.ledger.entries if one.action == "snapshot.taken"]
    assert [(one.subject, str(one.id)) for one in taken] == [(f"snapshot:{found.id}", found.entry)]
    shown = snapshots.shown(ward.ledger, found.id[:8], "settings/grace.yaml")
    assert b"hunter2" not in shown


def test_a_snapshot_is_sound_if_each_part_is_and_the_log_signed_it(ward: Ward) -> None:
    found = look(ward)
    assert snapshots.verify(ward.ledger, Log(f"snapshot:{found.id}"), "newest").sound  # type: ignore[arg-type]
    other = snapshots.verify(ward.ledger, Log("snapshot:0"), "newest")  # type: ignore[arg-type]
    assert not other.sound
    damage(ward, found, "knowledge.json")
    damaged = snapshots.verify(ward.ledger, Log(f"snapshot:{found.id}"), "newest")  # type: ignore[arg-type]
    assert damaged.damaged == ["part knowledge.json is not what its hash says"]
    with pytest.raises(DamagedError, match=r"knowledge\.json is not what its hash says; the cycle snapshots looks now"):
        put_back(ward, "knowledge.json")


def test_whoever_finds_a_part_damaged_has_it_put_right_from_what_is_in_use(ward: Ward) -> None:
    found = look(ward)
    for part in ("knowledge.json", "models/diagnosis", "playbooks/0/shop.yaml"):
        damage(ward, found, part)
    with pytest.raises(DamagedError, match="use another snapshot: grace snapshot list"):
        snapshots.shown(ward.ledger, "newest", "knowledge.json")
    ward.work()
    assert snapshots.verify(ward.ledger, Log(f"snapshot:{found.id}"), "newest").sound  # type: ignore[arg-type]
    mended = [str(one.data["part"]) for one in ward.ledger.entries if one.action == "snapshot.mended"]
    assert sorted(mended) == ["knowledge.json", "models/diagnosis", "playbooks/0/shop.yaml"]


def test_what_nothing_in_use_can_put_right_is_a_finding_until_it_is_gone(ward: Ward) -> None:
    found = look(ward)
    with ward.ledger.transaction() as tx:
        tx.records.save_knowledge(replace(KNOWN, summary="changed"))
    damage(ward, found, "knowledge.json")
    snapshots.verify(ward.ledger, Log(""), "newest")  # type: ignore[arg-type]
    ward.work()
    (told,) = cycles.findings(ward.ledger)
    assert told.finding.title.startswith("knowledge.json, as ")
    with ward.ledger.transaction() as tx:
        tx[SnapshotStore].drop([found.id])
    look(ward)
    assert cycles.findings(ward.ledger) == []


def test_a_damaged_model_is_read_from_a_snapshot_at_once(ward: Ward) -> None:
    look(ward)
    with ward.ledger.transaction() as tx:
        tx[ModelStore].mend(MODEL, 1, b"rot")
        (model,) = tx[ModelStore].versions(MODEL)
        assert hash_of(content_of(tx, model)) == model.sha256
        assert fault_of(tx, model) is not None


def test_a_damaged_model_is_mended_at_the_next_look(ward: Ward) -> None:
    look(ward)
    with ward.ledger.transaction() as tx:
        good = tx[ModelStore].content(MODEL, 1)
        tx[ModelStore].mend(MODEL, 1, b"rot")
    look(ward)
    with ward.ledger.transaction() as tx:
        assert tx[ModelStore].content(MODEL, 1) == good
    assert [one.subject for one in ward.ledger.entries if one.action == "snapshot.mended"] == [f"model:{MODEL}"]


def test_before_a_file_is_written_the_log_says_so_and_afterwards_how_it_ended(ward: Ward, tmp_path: Path) -> None:
    look(ward)
    put_back(ward, "playbooks/0/shop.yaml")
    (tmp_path / "shop.yaml").unlink()
    (tmp_path / "shop.yaml").mkdir()
    (tmp_path / "shop.yaml.before").unlink()
    (tmp_path / "shop.yaml.before").mkdir()
    (tmp_path / "shop.yaml.before" / "full").touch()
    with pytest.raises(InputError, match="cannot write"):
        put_back(ward, "playbooks/0/shop.yaml")
    told = [one.action for one in ward.ledger.entries if one.action.startswith("snapshot.rest")]
    assert told == ["snapshot.restoring", "snapshot.restored", "snapshot.restoring", "snapshot.restore_failed"]


def test_a_file_that_cannot_be_written_stays_what_it_was(ward: Ward, tmp_path: Path) -> None:
    look(ward)
    (tmp_path / "shop.yaml").write_text("x")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2, before[1]))
    try:
        with pytest.raises(InputError, match="cannot write"):
            put_back(ward, "playbooks/0/shop.yaml")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (tmp_path / "shop.yaml").read_text() == "x"


def test_a_file_a_model_knowledge_and_pauses_are_put_back(ward: Ward, tmp_path: Path) -> None:
    cycles.pause(ward.ledger, ward.clock, "foresight", by="ann", reason="a load test")
    look(ward)
    (tmp_path / "shop.yaml").write_text("name: [broken\n")
    assert put_back(ward, "playbooks/0/shop.yaml").endswith("the file that it replaced is shop.yaml.before")
    assert (tmp_path / "shop.yaml").read_text() == "name: shop\n"
    assert (tmp_path / "shop.yaml.before").read_text() == "name: [broken\n"
    assert put_back(ward, "models/diagnosis") == "version 2 of the model diagnosis is version 1 again"
    cycles.resume(ward.ledger, ward.clock, "foresight", by="ann", reason="it is over")
    cycles.pause(ward.ledger, ward.clock, "telemetry", by="ann", reason="by mistake")
    assert put_back(ward, "schedule.json") == "the same cycles are paused as then: foresight; the cadences are settings"
    paused = [one.name for one in cycles.cycles(ward.ledger, ward.clock, {}) if one.pause is not None]
    assert paused == ["foresight"]
    with ward.ledger.transaction() as tx:
        tx.records.save_knowledge(replace(KNOWN, summary="changed"))
    assert put_back(ward, "knowledge.json") == "1 entries of knowledge are as they were; later ones stay"
    with ward.ledger.transaction() as tx:
        assert tx.records.knowledge() == [KNOWN]
        assert [one.version for one in tx[ModelStore].versions(MODEL)] == [2, 1]


def test_what_cannot_be_put_back_says_why_and_changes_nothing(ward: Ward, tmp_path: Path) -> None:
    look(ward)
    with pytest.raises(InputError, match="held secrets, which are stars in the snapshot"):
        put_back(ward, "settings/grace.yaml")
    with pytest.raises(NotFoundError, match="no part 'ghost'"):
        put_back(ward, "ghost")
    with pytest.raises(NotFoundError, match="no snapshot begins with 'abc'"):
        restore(ward, "abc", "knowledge.json", "a test")
    with pytest.raises(InputError, match="needs a reason"):
        restore(ward, "newest", "knowledge.json", " ")
    ward.line = replace(ward.line, instance="elsewhere")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="is a file of node"):
        put_back(ward, "playbooks/0/shop.yaml")
    assert "hunter2" in (tmp_path / "grace.yaml").read_text()


def test_a_snapshot_that_the_log_did_not_sign_or_whose_path_was_changed_is_not_put_back(
    ward: Ward, tmp_path: Path
) -> None:
    found = look(ward)
    order = snapshots.PutBack(
        by="ann",
        reason="a test",
        at=ward.clock.now(),
        instance=ward.line.instance,
        kept_file=dict[str, Path]().get,
        opens=opened,
    )
    with pytest.raises(DamagedError, match="is not what the audit log signed"):
        snapshots.restore(ward.ledger, Log("snapshot:0"), "newest", "knowledge.json", order)  # type: ignore[arg-type]
    moved = tuple(replace(one, path=one.path and str(tmp_path / "elsewhere.yaml")) for one in found.parts)
    with ward.ledger.transaction() as tx:
        tx[SnapshotStore].put(replace(found, parts=moved), {})
    with pytest.raises(InputError, match="not its place in this node's settings"):
        put_back(ward, "playbooks/0/shop.yaml")
    assert not (tmp_path / "elsewhere.yaml").exists()


def test_the_look_at_a_damaged_model_starts_no_cycle_that_could_not_put_it_right(ward: Ward) -> None:
    records = LedgerRecords(ward.ledger)
    with ward.ledger.transaction() as tx:
        tx[ModelStore].mend(MODEL, 1, b"damaged")
    assert records.model().fault is not None
    assert ward.due() == []


def test_a_file_that_is_replaced_is_kept_as_closed_as_it_was(ward: Ward, tmp_path: Path) -> None:
    look(ward)
    (tmp_path / "shop.yaml").write_text("name: other\n")
    (tmp_path / "shop.yaml").chmod(0o600)
    (tmp_path / "shop.yaml.before").write_text("earlier")
    (tmp_path / "shop.yaml.before").chmod(0o644)
    put_back(ward, "playbooks/0/shop.yaml")
    kept = tmp_path / "shop.yaml.before"
    assert (kept.read_text(), kept.stat().st_mode & 0o777) == ("name: other\n", 0o600)


def test_a_model_file_is_kept_byte_for_byte_and_put_back_only_once_it_was_opened(ward: Ward, tmp_path: Path) -> None:
    path, part = tmp_path / "shop.joblib", "model_files/0/shop.joblib"
    look(ward)
    kept = path.read_bytes()
    path.write_bytes(b"\x80rot")
    path.chmod(0o640)
    assert put_back(ward, part).endswith("the file that it replaced is shop.joblib.before; opened")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (kept, 0o640)
    path.write_bytes(b"\x80rot")
    ward.clock.advance(timedelta(hours=1))
    look(ward)
    path.write_bytes(kept)
    with pytest.raises(DamagedError, match="cannot be opened"):
        put_back(ward, part)
    assert path.read_bytes() == kept
