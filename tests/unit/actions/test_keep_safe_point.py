from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from grace_workers.actions.primitives.keep_safe_point import DEFINITION, KeepParams
from grace_workers.foundation.errors import ConflictError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemorySafePoints
from tests.conformance.primitive_cases import InMemory, Real
from tests.conformance.roles.safe_point_stands import (
    Made,
    files_stand,
    flags_stand,
    git_stand,
    postgres_stand,
    redis_stand,
)


def in_memory() -> InMemory:
    role = MemorySafePoints(items={"a": "1"})
    return InMemory(role=role, params={"part": "nightly"}, look=lambda: (dict(role.items), dict(role.parts)))


def _real(kind: str, folder: Path, made: Made) -> Real:
    connection, look, _ = made

    def all_of_it() -> object:
        return look(), sorted(path.name for path in (folder / "data/safe_points").rglob("*.zip"))

    return Real(kind=TargetKind(kind), connection=connection, params={"part": "nightly"}, look=all_of_it)


@contextmanager
def real(folder: Path) -> Iterator[Real]:
    with files_stand(folder) as made:
        yield _real("files", folder, made)


@contextmanager
def real_flags(folder: Path) -> Iterator[Real]:
    with flags_stand(folder) as made:
        yield _real("flags", folder, made)


@contextmanager
def real_git(folder: Path) -> Iterator[Real]:
    with git_stand(folder) as made:
        yield _real("git", folder, made)


@contextmanager
def real_redis(folder: Path) -> Iterator[Real]:
    with redis_stand(folder) as made:
        yield _real("redis", folder, made)


@contextmanager
def real_postgres(folder: Path, database_url: Callable[[], str]) -> Iterator[Real]:
    with postgres_stand(folder, database_url) as made:
        yield _real("postgres", folder, made)


def test_a_name_that_is_taken_is_refused_and_a_new_one_is_made_where_none_is_given() -> None:
    role = MemorySafePoints(items={"a": "1"})
    role.keep("nightly")
    with pytest.raises(ConflictError, match="'nightly' of this target is kept already"):
        DEFINITION.snapshot(role, KeepParams(part="nightly"))
    kept = DEFINITION.snapshot(role, KeepParams())
    outcome = DEFINITION.apply(role, KeepParams(), kept)
    assert outcome.data["sha256"] == role.keep(str(outcome.data["part"])).sha256
