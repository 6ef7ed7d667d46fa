"""Tables as files for programs: each value as the database has it, however it is written."""

import json
import zipfile
from datetime import UTC, datetime, timedelta
from errno import ENOSPC
from io import BytesIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pyarrow import parquet

from grace_workers.adapters.postgres.portable import PostgresPortable
from grace_workers.adapters.postgres.portable.parquet import write_parquet
from grace_workers.adapters.postgres.portable.tables import tables
from grace_workers.orchestration.archive_file import Hashed
from grace_workers.orchestration.portable import ArchiveScope, FileFormat
from grace_workers.settings import shipped
from tests.integration.audit.conftest import Desk

pytestmark = pytest.mark.servers
TEXTS = ['a "quoted" \\ text,\nwith \\N and ü', "", None, "t", "\x01\x02", "\r\n", "x" * 70_000]
NUMBERS = [0, -1, None, 9_007_199_254_740_993, 1, 2, 3]
TIMES = [datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC), None]


def test_texts_numbers_truth_and_times_are_those_of_the_database(desk: Desk, tmp_path: Path) -> None:
    with psycopg.connect(desk.url) as session:
        session.execute("CREATE TABLE odd (n bigint, words text, yes boolean, at timestamptz)")
        for at, (number, text) in enumerate(zip(NUMBERS, TEXTS, strict=True)):
            row = (number, text, (True, False, None)[at % 3], TIMES[at % 2])
            session.execute("INSERT INTO odd VALUES (%s, %s, %s, %s)", row)
        session.execute("INSERT INTO odd VALUES (5, 'end', true, 'infinity')")
    portable = PostgresPortable(desk.url, shipped("migrations"))
    found = {}
    for kind in (FileFormat.PARQUET, FileFormat.JSONL):
        file = tmp_path / f"{kind}.zip"
        portable.export(file, ArchiveScope.ALL, lambda _what, _size, _rows=None: None, written_as=kind)
        with zipfile.ZipFile(file) as archive:
            found[kind] = archive.read(f"odd.{kind}")
    table = parquet.read_table(BytesIO(found[FileFormat.PARQUET])).to_pydict()
    assert table["words"] == [*TEXTS, "end"]
    assert table["n"] == [*NUMBERS, 5]
    assert table["yes"] == [True, False, None, True, False, None, True, True]
    assert table["at"] == [*(TIMES[at % 2] for at in range(7)), None]
    assert table["at"][0].utcoffset() == timedelta(0)
    lines = [json.loads(line) for line in found[FileFormat.JSONL].splitlines()]
    assert [one["words"] for one in lines] == [*TEXTS, "end"]
    assert lines[-1]["at"] == "infinity"


class _Full(BytesIO):
    """A disk that is full after some bytes."""

    def write(self, piece: Any) -> int:
        if self.tell() > 1_000:
            raise OSError(ENOSPC, "no space left on device")
        return super().write(piece)


def test_a_full_disk_and_a_lost_server_are_told_as_what_they_are(desk: Desk, capfd: pytest.CaptureFixture[str]) -> None:
    with psycopg.connect(desk.url, autocommit=True) as session:
        session.execute("CREATE TABLE long AS SELECT repeat(md5(n::text), 40) words FROM generate_series(1, 20000) n")
        table = tables(session)["long"]
        with pytest.raises(OSError, match="no space left on device"):
            write_parquet(session, table, Hashed(_Full()))
        with psycopg.connect(desk.url, autocommit=True) as other:
            end = "SELECT pg_terminate_backend(%s)"
            ended = Hashed(BytesIO(), lambda _size: other.execute(end, [session.info.backend_pid]) and None)
            with pytest.raises(psycopg.Error):
                write_parquet(session, table, ended)
    assert "panicked" not in capfd.readouterr().err
