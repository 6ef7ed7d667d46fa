from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from grace_workers.actions import SafePoints
from grace_workers.actions.primitives.drop_safe_point import DEFINITION, DropParams
from grace_workers.foundation.errors import IntegrityError, NotFoundError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemorySafePoints
from tests.conformance.primitive_cases import InMemory, Real, role_of
from tests.conformance.roles.safe_point_stands import (
    Made,
    files_stand,
    flags_stand,
    git_stand,
    postgres_stand,
    redis_stand,
)


def kept() -> tuple[MemorySafePoints, DropParams]:
    role = MemorySafePoints(items={"a": "1", "b": "2"})
    part = role.keep("nightly")
    return role, DropParams(point="nightly", part="nightly", sha256=part.sha256)


def in_memory() -> InMemory:
    role, params = kept()
    return InMemory(
        role=role, params=params.model_dump(), look=lambda: sorted(role.parts), kept=lambda: dict(role.items)
    )


def _real(kind: str, folder: Path, made: Made) -> Real:
    connection, look, _ = made
    part = role_of(TargetKind(kind), connection, SafePoints, folder).keep("nightly")
    return Real(
        kind=TargetKind(kind),
        connection=connection,
        params={"point": "nightly", "part": "nightly", "sha256": part.sha256},
        look=lambda: sorted(path.name for path in (folder / "data/safe_points").rglob("*.zip")),
        kept=look,
    )


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


def test_the_preview_says_what_would_be_lost() -> None:
    preview = DEFINITION.preview(*kept())
    assert preview.changes == ("drop part nightly of nightly: items: 2; bytes: 2; kept until 9999-01-01",)


def test_a_part_that_lies_elsewhere_is_not_taken_for_dropped() -> None:
    role, params = kept()
    role.forget("nightly")
    with pytest.raises(NotFoundError, match="it lies on the node that took the safe point"):
        DEFINITION.snapshot(role, params)


def test_a_part_that_was_exchanged_is_left_for_people() -> None:
    role, params = kept()
    role.parts["nightly"]["a"] = "forged"
    with pytest.raises(IntegrityError, match="not what was kept"):
        DEFINITION.snapshot(role, params)
    assert list(role.parts) == ["nightly"]
