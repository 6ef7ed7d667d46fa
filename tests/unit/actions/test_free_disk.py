import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grace_workers.actions.primitives.free_disk import DEFINITION, FreeDiskParams
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryTree
from tests.conformance.primitive_cases import InMemory, Real, shape

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def logs(count: int = 10, *, quota: int = 100) -> MemoryTree:
    """Files `log.0` (newest) and up, an hour apart, ten bytes each."""
    made = MemoryTree(quota=quota, now=NOW)
    for number in range(count):
        made.put(f"log.{number}", b"x" * 10, NOW - timedelta(hours=number))
    return made


def freed(files: MemoryTree, params: FreeDiskParams) -> set[str]:
    before = set(files.files)
    DEFINITION.apply(files, params, DEFINITION.snapshot(files, params))
    return before - set(files.files)


def in_memory() -> InMemory:
    files = logs()
    return InMemory(role=files, params={"patterns": ["log.*"]}, look=lambda: dict(files.files))


def real(folder: Path) -> Real:
    root = folder / "logs"
    root.mkdir()
    for number in range(10):
        path = root / f"app.log.{number}"
        path.write_bytes(b"line\n" * 2000)
        path.chmod(0o640)
        os.utime(path, (1_700_000_000 - number * 3600,) * 2)
    said = {"root": str(root), "quota": 100_000}
    params = {"patterns": ["*.log.*"], "until_percent": 50}
    return Real(kind=TargetKind("files"), connection=said, params=params, look=lambda: shape(root))


def test_the_oldest_files_go_until_enough_is_free() -> None:
    assert {"log.9", "log.8", "log.7"} == freed(logs(), FreeDiskParams(patterns=("log.*",), until_percent=70))


def test_the_newest_files_stay_however_full_it_is() -> None:
    assert {"log.2", "log.3"} == freed(
        logs(4, quota=1), FreeDiskParams(patterns=("log.*",), keep_newest=2, until_percent=0)
    )


def test_young_files_stay() -> None:
    params = FreeDiskParams(patterns=("log.*",), older_than=timedelta(hours=8), until_percent=0)
    assert {"log.8", "log.9"} == freed(logs(), params)


def test_a_tree_below_its_target_loses_nothing() -> None:
    assert set() == freed(logs(5), FreeDiskParams(patterns=("log.*",), until_percent=70))


def test_files_that_do_not_match_stay() -> None:
    assert set() == freed(logs(), FreeDiskParams(patterns=("*.gz",)))


def test_the_preview_is_exactly_what_is_deleted() -> None:
    files, params = logs(), FreeDiskParams(patterns=("log.*",))
    preview = DEFINITION.preview(files, params)
    assert preview.blast.count == len(freed(files, params))
    assert preview.changes[0] == "remove log.9 (10 bytes)"


def test_a_long_preview_is_shortened() -> None:
    preview = DEFINITION.preview(logs(50, quota=1), FreeDiskParams(patterns=("log.*",), until_percent=0))
    assert preview.changes[-1] == "and 29 more files; 490 bytes in all"


@pytest.mark.parametrize(
    "raw",
    [{}, {"patterns": []}, {"patterns": ["a"], "until_percent": 101}, {"patterns": ["a"], "keep_newest": -1}],
)
def test_params_out_of_bounds_are_refused(raw: dict[str, object]) -> None:
    with pytest.raises(InputError):
        FreeDiskParams.read(raw, "params")


@given(
    st.dictionaries(st.from_regex(r"[a-c]{1,3}(/[a-c]{1,3})?", fullmatch=True), st.binary(max_size=40), max_size=12),
    st.integers(0, 100),
    st.integers(0, 3),
)
def test_restore_undoes_apply(content: dict[str, bytes], percent: int, newest: int) -> None:
    files = MemoryTree(quota=100, now=NOW)
    for path, data in content.items():
        files.put(path, data, NOW - timedelta(minutes=len(path)))
    params = FreeDiskParams(patterns=("**",), until_percent=percent, keep_newest=newest)
    first, kept = dict(files.files), DEFINITION.snapshot(files, params)
    DEFINITION.apply(files, params, kept)
    assert files.usage().used <= percent or len(files.files) >= min(newest, len(content))
    DEFINITION.restore(files, params, kept)
    assert first == files.files
