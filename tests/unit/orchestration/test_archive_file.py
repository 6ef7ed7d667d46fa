"""The file of an archive: whatever is wrong with it is an error of ours, never one of a library."""

import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from grace_workers.foundation.errors import IntegrityError
from grace_workers.orchestration.archive_file import verify
from grace_workers.orchestration.portable import FORMAT, ArchiveManifest, ArchiveScope, TableFile

ROWS = b"abc,def\n" * 5_000
TABLE = TableFile(table="t", columns=("a", "b"), rows=5_000, size=len(ROWS), sha256=sha256(ROWS).hexdigest())
MANIFEST = ArchiveManifest(format=FORMAT, scope=ArchiveScope.ALL, release="1", at="now", tables=(TABLE,))
CONTENT = len("PK..") + 26 + len("t.csv")


def archive(file: Path, manifest: str = MANIFEST.model_dump_json()) -> bytearray:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("t.csv", ROWS)
        made.writestr("manifest.json", manifest)
    return bytearray(file.read_bytes())


def flipped(raw: bytearray) -> None:
    raw[CONTENT + 1] ^= 0xFF


def encrypted(raw: bytearray) -> None:
    raw[6] |= 1
    raw[raw.index(b"PK\x01\x02") + 8] |= 1


def packed_otherwise(raw: bytearray) -> None:
    raw[8] = raw[raw.index(b"PK\x01\x02") + 10] = 99


@pytest.mark.parametrize("spoil", [flipped, encrypted, packed_otherwise])
def test_content_that_cannot_be_unpacked_is_no_intact_archive(
    spoil: Callable[[bytearray], None], tmp_path: Path
) -> None:
    raw = archive(tmp_path / "a.zip")
    assert verify(tmp_path / "a.zip") == MANIFEST
    spoil(raw)
    (tmp_path / "b.zip").write_bytes(raw)
    with pytest.raises(IntegrityError):
        verify(tmp_path / "b.zip")


def test_a_manifest_that_is_nested_without_end_is_none(tmp_path: Path) -> None:
    archive(tmp_path / "a.zip", "[" * 100_000)
    with pytest.raises(IntegrityError, match="no readable manifest"):
        verify(tmp_path / "a.zip")
