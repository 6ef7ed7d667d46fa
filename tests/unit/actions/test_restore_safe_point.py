from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from grace_workers.actions import OutcomeStatus, SafePoints
from grace_workers.actions.primitives.restore_safe_point import DEFINITION, PartParams
from grace_workers.foundation.errors import ConflictError, IntegrityError
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


def changed() -> tuple[MemorySafePoints, PartParams]:
    role = MemorySafePoints(items={"a": "1", "b": "2"})
    part = role.keep("point")
    role.items.update(a="9", c="3")
    return role, PartParams(point="nightly", part="point", sha256=part.sha256)


def in_memory() -> InMemory:
    role, params = changed()
    return InMemory(role=role, params=params.model_dump(), look=lambda: dict(role.items))


def _real(kind: str, folder: Path, made: Made) -> Real:
    connection, look, change = made
    part = role_of(TargetKind(kind), connection, SafePoints, folder).keep("point")
    change()
    params = {"point": "nightly", "part": "point", "sha256": part.sha256}
    return Real(kind=TargetKind(kind), connection=connection, params=params, look=look)


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


def test_the_preview_names_what_would_change() -> None:
    preview = DEFINITION.preview(*changed())
    assert preview.changes == tuple(f"put nightly back: item {name!r} differs" for name in "ac")


def test_a_target_that_is_as_it_was_is_left_alone() -> None:
    role, params = changed()
    role.items = {"a": "1", "b": "2"}
    kept = DEFINITION.snapshot(role, params)
    assert DEFINITION.preview(role, params).changes == ("leave it, because it is as in nightly",)
    assert DEFINITION.apply(role, params, kept).status is OutcomeStatus.UNCHANGED


def test_what_was_changed_between_the_snapshot_and_the_step_stays() -> None:
    role, params = changed()
    kept = DEFINITION.snapshot(role, params)
    role.items["b"] = "someone's"
    with pytest.raises(ConflictError, match="'b' was changed by others"):
        DEFINITION.apply(role, params, kept)
    assert role.items == {"a": "9", "b": "someone's", "c": "3"}


def test_a_part_that_was_exchanged_is_refused_before_anything_is_kept() -> None:
    role, params = changed()
    role.parts["point"]["a"] = "forged"
    with pytest.raises(IntegrityError, match="not what was kept"):
        DEFINITION.snapshot(role, params)
    assert list(role.parts) == ["point"]
