import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from grace_workers.actions import Snapshot
from grace_workers.actions.primitives.clear_cache import DEFINITION, ClearCacheParams
from grace_workers.foundation.errors import InputError, NotFoundError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryTree
from tests.conformance.primitive_cases import InMemory, Real, shape

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def tree() -> MemoryTree:
    made = MemoryTree(now=NOW)
    made.put("a/__pycache__/a.pyc", b"old", NOW - timedelta(hours=1))
    made.put("__pycache__/top.pyc", b"new")
    made.put("a/a.py", b"source")
    return made


def in_memory() -> InMemory:
    files = tree()
    return InMemory(role=files, params={}, look=lambda: dict(files.files))


def real(folder: Path) -> Real:
    root = folder / "app"
    cache = root / "package" / "__pycache__"
    cache.mkdir(parents=True)
    (root / "package" / "module.py").write_text("ANSWER = 42\n")
    (cache / "module.cpython-311.pyc").write_bytes(os.urandom(3000))
    (cache / "other.cpython-311.pyc").write_bytes(b"")
    said = {"root": str(root), "quota": 100_000}
    return Real(kind=TargetKind("files"), connection=said, params={}, look=lambda: shape(root))


def test_only_compiled_python_is_deleted_at_every_depth() -> None:
    files = tree()
    DEFINITION.apply(files, ClearCacheParams(), DEFINITION.snapshot(files, ClearCacheParams()))
    assert {"a/a.py"} == set(files.files)


def test_young_files_stay() -> None:
    files, params = tree(), ClearCacheParams(older_than=timedelta(minutes=10))
    DEFINITION.apply(files, params, DEFINITION.snapshot(files, params))
    assert {"a/a.py", "__pycache__/top.pyc"} == set(files.files)


def test_a_file_changed_after_the_snapshot_stays() -> None:
    files = tree()
    kept = DEFINITION.snapshot(files, ClearCacheParams())
    files.put("__pycache__/top.pyc", b"newer")
    outcome = DEFINITION.apply(files, ClearCacheParams(), kept)
    assert outcome.data == {"removed": 1, "freed_bytes": 3, "kept": 1}
    assert "1 changed since or are written to, and were left alone" in outcome.detail


def test_a_recreated_file_is_not_overwritten_by_restore() -> None:
    files = tree()
    kept = DEFINITION.snapshot(files, ClearCacheParams())
    DEFINITION.apply(files, ClearCacheParams(), kept)
    files.put("__pycache__/top.pyc", b"made anew")
    DEFINITION.restore(files, ClearCacheParams(), kept)
    assert files.files["__pycache__/top.pyc"][0] == b"made anew"
    assert DEFINITION.restored(files, ClearCacheParams(), kept)


def test_a_snapshot_without_its_stash_is_an_error() -> None:
    lost = Snapshot(
        primitive="clear_cache", content={"key": "lost", "files": 1, "size": 1, "stored": 1, "digest": "00"}
    )
    with pytest.raises(NotFoundError, match="lost"):
        DEFINITION.apply(tree(), ClearCacheParams(), lost)


@pytest.mark.parametrize("pattern", ["../x", "/etc/*", "a/../../b", "", ".", "a//b", "x\x00", "x\n", "*" * 600])
def test_a_pattern_that_leaves_the_root_is_refused(pattern: str) -> None:
    with pytest.raises(InputError, match="patterns"):
        ClearCacheParams.read({"patterns": [pattern]}, "params")
