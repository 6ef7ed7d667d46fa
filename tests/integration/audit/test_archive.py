"""The audit log in an archive: restored with its proofs it goes on, and as a bundle it proves itself."""

import json
import zipfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest

from grace_workers.adapters.embedded import EmbeddedPostgres
from grace_workers.adapters.postgres.audit import PostgresAuditArchive
from grace_workers.adapters.postgres.portable import PostgresPortable
from grace_workers.audit import Intact, Tampered
from grace_workers.foundation.errors import ConflictError, InputError, IntegrityError
from grace_workers.orchestration.archive_bundle import export_audit, prove
from grace_workers.orchestration.archive_file import verify
from grace_workers.orchestration.portable import ArchiveManifest, ArchiveScope, BundleFile
from grace_workers.settings import shipped
from tests.conftest import _database
from tests.integration.audit.conftest import Desk

pytestmark = pytest.mark.servers
LOG = ("audit_log", "audit_node", "audit_checkpoint", "audit_anchor", "audit_stream", "audit_head", "audit_inbox")


@pytest.fixture
def other_url(postgres_server: EmbeddedPostgres, migrated_template: str) -> Iterator[str]:
    with _database(postgres_server, migrated_template) as url:
        yield url


def ignore(_what: str, _size: int, _rows: int | None = None) -> None:
    """Take no note of progress."""


def database(url: str) -> PostgresPortable:
    return PostgresPortable(url, shipped("migrations"))


def content(url: str) -> dict[str, list[tuple[object, ...]]]:
    with psycopg.connect(url) as session:
        return {name: session.execute(f"SELECT t::text FROM {name} t ORDER BY 1").fetchall() for name in LOG}


def test_a_restored_log_is_the_same_and_goes_on(desk: Desk, other_url: str, tmp_path: Path) -> None:
    desk.append(30)
    desk.seal()
    desk.append(3)
    file = tmp_path / "fleet.zip"
    database(desk.url).export(file, ArchiveScope.ALL, ignore)
    with pytest.raises(InputError, match=r"test.example/.*', and the keys here are those of 'other'; copy"):
        database(other_url).restore(file, ignore, audit_of="other")
    database(other_url).restore(file, ignore, audit_of=desk.keys.pinned().name)
    assert content(other_url) == content(desk.url)
    moved = Desk(
        url=other_url,
        engine=desk.engine,
        folder=desk.folder,
        keys=desk.keys,
        anchor=desk.anchor,
        archive=PostgresAuditArchive(other_url, desk.keys, [desk.anchor]),
    )
    moved.seal()
    found = moved.archive.verify()
    assert isinstance(found, Intact), found
    assert (found.checkpoint.size, found.unsealed, found.set_aside) == (33, 0, 0)
    with pytest.raises(InputError, match="the database has an audit log of its own"):
        database(other_url).restore(file, ignore, audit_of=desk.keys.pinned().name)


def test_a_head_that_does_not_fit_the_entries_is_refused_in_words(desk: Desk, other_url: str, tmp_path: Path) -> None:
    desk.append(3)
    desk.seal()
    database(desk.url).export(tmp_path / "fleet.zip", ArchiveScope.ALL, ignore)
    with zipfile.ZipFile(tmp_path / "fleet.zip") as archive:
        head = archive.read("audit_head.csv")
        manifest = json.loads(archive.read("manifest.json"))
    (listed,) = (one for one in manifest["tables"] if one["table"] == "audit_head")
    at = listed["columns"].index("size")
    for size in ("9" * 30, "-1", "4", "x"):
        fields = head.decode().rstrip("\n").split(",")
        fields[at] = size
        forged = (",".join(fields) + "\n").encode()
        listed.update(sha256=sha256(forged).hexdigest(), size=len(forged))
        file = tmp_path / f"{size}.zip"
        forge(tmp_path / "fleet.zip", file, {"audit_head.csv": forged, "manifest.json": json.dumps(manifest).encode()})
        with pytest.raises(InputError, match=f"holds 3 entries, and its head names '{size}'"):
            database(other_url).restore(file, ignore, audit_of=desk.keys.pinned().name)


@pytest.mark.parametrize(
    ("tables", "told"),
    [
        ([], "has no tables"),
        ([{"columns": []}], "table 'goals' of the archive has no columns"),
        ([{"columns": ["name", "name"]}], "or one of them twice"),
    ],
)
def test_an_archive_without_tables_or_columns_is_refused_in_words(
    tables: list[dict[str, object]], told: str, desk: Desk, other_url: str, tmp_path: Path
) -> None:
    database(desk.url).export(tmp_path / "fleet.zip", ArchiveScope.ALL, ignore)
    with zipfile.ZipFile(tmp_path / "fleet.zip") as archive:
        manifest = json.loads(archive.read("manifest.json"))
    given = {"table": "goals", "rows": 0, "size": 0, "sha256": sha256(b"").hexdigest()}
    manifest["tables"] = [{**given, **one} for one in tables]
    with zipfile.ZipFile(tmp_path / "forged.zip", "w") as archive:
        for one in tables:
            archive.writestr("goals.csv", b"")
            assert one
        archive.writestr("manifest.json", json.dumps(manifest))
    with pytest.raises(InputError, match=told):
        database(other_url).restore(tmp_path / "forged.zip", ignore)


def test_without_being_asked_for_the_log_stays_out(desk: Desk, other_url: str, tmp_path: Path) -> None:
    desk.append(2)
    database(desk.url).export(tmp_path / "fleet.zip", ArchiveScope.ALL, ignore)
    database(other_url).restore(tmp_path / "fleet.zip", ignore)
    assert content(other_url)["audit_inbox"] == []


def test_the_log_alone_is_packed_with_its_proofs_and_proves_itself(desk: Desk, other_url: str, tmp_path: Path) -> None:
    with pytest.raises(ConflictError, match="nothing is signed"):
        export_audit(desk.archive, tmp_path / "early.zip", ignore)
    assert not (tmp_path / "early.zip").exists()
    desk.append(25)
    desk.seal()
    file = tmp_path / "log.zip"
    export_audit(desk.archive, file, ignore)
    assert verify(file).scope is ArchiveScope.AUDIT
    found = prove(file, datetime.now(UTC), desk.keys.pinned())
    assert isinstance(found, Intact)
    assert found.checkpoint.size == 25
    with pytest.raises(InputError, match="is for proving"):
        database(other_url).restore(file, ignore)


def test_a_changed_entry_is_found_by_the_hashes_and_by_the_proofs_of_a_forged_manifest(
    desk: Desk, tmp_path: Path
) -> None:
    desk.append(25)
    desk.seal()
    export_audit(desk.archive, tmp_path / "log.zip", ignore)
    with zipfile.ZipFile(tmp_path / "log.zip") as archive:
        entries = archive.read("audit/entries.jsonl").replace(b"job.done", b"job.gone", 1)
        manifest = json.loads(archive.read("manifest.json"))
    forge(tmp_path / "log.zip", tmp_path / "changed.zip", {"audit/entries.jsonl": entries})
    with pytest.raises(IntegrityError, match=r"audit/entries\.jsonl of the archive is not what its manifest says"):
        verify(tmp_path / "changed.zip")
    (listed,) = (one for one in manifest["bundle"] if one["name"] == "entries.jsonl")
    listed["sha256"] = sha256(entries).hexdigest()
    told = {"audit/entries.jsonl": entries, "manifest.json": json.dumps(manifest).encode()}
    forge(tmp_path / "log.zip", tmp_path / "forged.zip", told)
    verify(tmp_path / "forged.zip")
    assert isinstance(prove(tmp_path / "forged.zip", datetime.now(UTC), None), Tampered)


@pytest.mark.parametrize("name", ["../out", "/out", "a/../../out"])
def test_a_bundle_that_leads_out_of_its_folder_is_refused(name: str, tmp_path: Path) -> None:
    listed = BundleFile(name=name, size=1, sha256=sha256(b"x").hexdigest())
    manifest = ArchiveManifest(format=2, scope=ArchiveScope.AUDIT, release="0", at="", bundle=(listed,))
    with zipfile.ZipFile(tmp_path / "log.zip", "w") as archive:
        archive.writestr(f"audit/{name}", b"x")
        archive.writestr("manifest.json", manifest.model_dump_json())
    with pytest.raises(IntegrityError, match="outside of its bundle"):
        prove(tmp_path / "log.zip", datetime.now(UTC), None)


def forge(source: Path, target: Path, changes: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(name, changes.get(name, old.read(name)))
