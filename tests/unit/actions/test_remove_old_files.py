import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from grace_workers.actions.primitives.remove_old_files import DEFINITION, RemoveOldParams
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryTree
from tests.conformance.primitive_cases import InMemory, Real, shape

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def sessions() -> MemoryTree:
    """Files `session.0` (newest) to `session.4`, a day apart, and one of another name."""
    made = MemoryTree(now=NOW)
    for number in range(5):
        made.put(f"session.{number}", b"", NOW - timedelta(days=number))
    made.put("notes.txt", b"words", NOW - timedelta(days=100))
    return made


def removed(params: RemoveOldParams) -> set[str]:
    files = sessions()
    before = set(files.files)
    DEFINITION.apply(files, params, DEFINITION.snapshot(files, params))
    return before - set(files.files)


def in_memory() -> InMemory:
    files = sessions()
    return InMemory(role=files, params={"patterns": ["session.*"]}, look=lambda: dict(files.files))


def real(folder: Path) -> Real:
    root = folder / "spool"
    root.mkdir()
    for number in range(10):
        path = root / f"session.{number}"
        path.write_bytes(b"" if number % 2 else b"kept")
        os.utime(path, (1_700_000_000 - number * 3600,) * 2)
    said = {"root": str(root), "quota": 100_000}
    return Real(kind=TargetKind("files"), connection=said, params={"patterns": ["session.*"]}, look=lambda: shape(root))


def test_empty_files_go_too_and_the_oldest_first() -> None:
    assert removed(RemoveOldParams(patterns=("session.*",), most=2)) == {"session.3", "session.4"}


def test_young_files_and_files_of_other_names_stay() -> None:
    assert removed(RemoveOldParams(patterns=("session.*",), older_than=timedelta(days=4))) == {"session.4"}


def test_the_newest_stay_whatever_their_age() -> None:
    params = RemoveOldParams(patterns=("session.*",), older_than=timedelta(0), keep_newest=4)
    assert removed(params) == {"session.4"}


@pytest.mark.parametrize("raw", [{}, {"patterns": ["/etc/*"]}, {"patterns": ["*"], "most": 0}])
def test_params_out_of_bounds_are_refused(raw: dict[str, object]) -> None:
    with pytest.raises(InputError):
        RemoveOldParams.read(raw, "params")
