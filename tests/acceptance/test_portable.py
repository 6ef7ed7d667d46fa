"""A fleet's database as one file: written, verified, and restored bit for bit into an empty one."""

import json
import zipfile
from datetime import datetime
from functools import partial
from io import BytesIO
from pathlib import Path

import psycopg
import pytest
from pyarrow import parquet

from grace_workers.adapters.embedded import EmbeddedPostgres
from tests.acceptance import command_line
from tests.acceptance.command_line import one_sentence
from tests.conftest import _database

pytestmark = pytest.mark.servers
NO_ID = "018f0000-0000-7000-8000-000000000000"
HARD = 'a "quoted" \\ text, with\nlines, \\N and ü'


@pytest.fixture
def run(tmp_path):
    return partial(command_line.grace, tmp_path)


@pytest.fixture
def other_url(postgres_server: EmbeddedPostgres, migrated_template: str):
    """A second, empty database."""
    with _database(postgres_server, migrated_template) as url:
        yield url


def on(url: str) -> dict[str, str]:
    return {"GRACE_DATABASE__URL": url, "GRACE_BROKER__URL": "redis://127.0.0.1:9"}


def fill(url: str, jobs: int = 3) -> None:
    with psycopg.connect(url) as session:
        session.execute(
            "INSERT INTO jobs (id, name, pool, payload, priority, state, max_attempts, audited, due_at, submitted_at)"
            " SELECT gen_random_uuid(), 'system.noop', 'healing', %s::json, 5, 'succeeded', 5, true, now(), now()"
            " FROM generate_series(1, %s)",
            [json.dumps({"text": HARD, "odd": 1}), jobs],
        )
        session.execute("INSERT INTO knowledge (key, document) VALUES ('k', '{ \"spaced\" :1}')")
        session.execute("INSERT INTO event_outbox (id, topic, key, body) VALUES (%s, 't', '', '{}')", [NO_ID])


def rows(url: str) -> dict[str, list[tuple[object, ...]]]:
    wanted = {"jobs": "id, payload::text, dedupe_key, due_at", "knowledge": "key, document::text", "event_outbox": "*"}
    with psycopg.connect(url) as session:
        return {
            name: session.execute(f"SELECT {columns}::text FROM {name} ORDER BY 1".replace("*::text", "*")).fetchall()
            for name, columns in wanted.items()
        }


def test_a_database_is_restored_as_it_was_and_counts_on(run, database_url, other_url, tmp_path):
    fill(database_url)
    done = run("export", "fleet.zip", **on(database_url))
    assert done.returncode == 0, done.stderr
    assert "jobs: 3 rows" in done.stderr
    assert (tmp_path / "fleet.zip").stat().st_mode & 0o077 == 0
    assert "intact" in run("import", "fleet.zip", "--verify").stdout
    assert run("import", "fleet.zip", **on(other_url)).returncode == 0
    assert rows(other_url) == rows(database_url)
    with psycopg.connect(other_url) as session:
        session.execute("INSERT INTO event_outbox (id, topic, key, body) VALUES (gen_random_uuid(), 't', '', '{}')")
        assert session.execute("SELECT count(DISTINCT number) FROM event_outbox").fetchone() == (2,)
    assert "is in use: table jobs has rows" in one_sentence(run("import", "fleet.zip", **on(other_url)), 2)
    assert "exists; name a new file" in one_sentence(run("export", "fleet.zip", **on(database_url)), 2)


def test_what_was_learned_can_be_taken_alone(run, database_url, other_url):
    fill(database_url)
    found = json.loads(run("export", "learned.zip", "--only", "learning", "--json", **on(database_url)).stdout)
    assert {one["table"]: one["rows"] for one in found["tables"]}["knowledge"] == 1
    assert "jobs" not in {one["table"] for one in found["tables"]}
    assert run("import", "learned.zip", **on(other_url)).returncode == 0
    with psycopg.connect(other_url) as session:
        assert session.execute("SELECT document::text FROM knowledge").fetchone() == ('{ "spaced" :1}',)


@pytest.mark.fleet
def test_json_lines_and_parquet_hold_every_row_for_programs_to_read(run, database_url, other_url, tmp_path):
    fill(database_url)
    for written_as in ("jsonl", "parquet"):
        assert run("export", f"{written_as}.zip", "--as", written_as, **on(database_url)).returncode == 0
        assert "intact" in run("import", f"{written_as}.zip", "--verify").stdout
        refused = run("import", f"{written_as}.zip", **on(other_url))
        assert f"an archive of {written_as} files is for programs to read" in one_sentence(refused, 2)
    with zipfile.ZipFile(tmp_path / "jsonl.zip") as archive:
        lines = [json.loads(line) for line in archive.read("jobs.jsonl").splitlines()]
        assert [one["payload"]["text"] for one in lines] == [HARD] * 3
        assert json.loads(archive.read("knowledge.jsonl"))["document"] == {"spaced": 1}
    with zipfile.ZipFile(tmp_path / "parquet.zip") as archive:
        table = parquet.read_table(BytesIO(archive.read("jobs.parquet")))
    assert [json.loads(one)["text"] for one in table["payload"].to_pylist()] == [HARD] * 3
    assert table["priority"].to_pylist() == [5, 5, 5]
    assert [datetime.fromisoformat(one["due_at"]) for one in lines] == table["due_at"].to_pylist()


def rewritten(source: Path, target: Path, **changes: bytes) -> None:
    """Copy an archive with some of its files replaced."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(name, changes.get(name.partition(".")[0], old.read(name)))


@pytest.mark.fleet
def test_a_damaged_foreign_or_newer_archive_changes_nothing(run, database_url, other_url, tmp_path):
    fill(database_url)
    assert run("export", "fleet.zip", **on(database_url)).returncode == 0
    whole = tmp_path / "fleet.zip"
    manifest = json.loads(zipfile.ZipFile(whole).read("manifest.json"))
    (tmp_path / "cut.zip").write_bytes(whole.read_bytes()[:-200])
    rewritten(whole, tmp_path / "changed.zip", knowledge=b"k,{},2026-01-01\n")
    rewritten(whole, tmp_path / "newer.zip", manifest=json.dumps({**manifest, "format": 3}).encode())
    rewritten(whole, tmp_path / "other.zip", manifest=json.dumps({**manifest, "schema_revision": "0001"}).encode())
    with zipfile.ZipFile(tmp_path / "foreign.zip", "w") as foreign:
        foreign.writestr("letter.txt", "hello")
    told = {
        "cut.zip": (1, "is no archive, or it is damaged"),
        "changed.zip": (1, "knowledge.csv of the archive is not what its manifest says"),
        "newer.zip": (2, "has format 3, and this release reads 2"),
        "other.zip": (2, "is of schema 0001"),
        "foreign.zip": (1, "no readable manifest"),
        "absent.zip": (2, "cannot read"),
    }
    for name, (code, words) in told.items():
        assert words in one_sentence_at_end(run("import", name, **on(other_url)), code), name
    with psycopg.connect(other_url) as session:
        assert session.execute("SELECT count(*) FROM jobs").fetchone() == (0,)


def one_sentence_at_end(done, code: int) -> str:
    """Return the last line of what a command said when it failed, after its progress."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr.strip().splitlines()[-1]
