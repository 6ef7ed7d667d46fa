from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from grace_workers.actions.primitives.recreate_from_backup import DEFINITION, RecreateParams
from grace_workers.foundation.errors import ConflictError, NotFoundError, PermanentError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryBackups
from tests.aws_cloud import backed_up
from tests.conformance.primitive_cases import InMemory, Real
from tests.conformance.roles.backup_stands import dumped

SWITCH = RecreateParams(switch=True)


def in_memory() -> InMemory:
    role = MemoryBackups()
    return InMemory(role=role, params={"switch": True}, look=lambda: role.databases[role.name])


@contextmanager
def real(folder: Path, database_url: Callable[[], str]) -> Iterator[Real]:
    with dumped(folder, database_url()) as (connection, look):
        yield Real(kind=TargetKind("postgres"), connection=connection, params={"switch": True}, look=look)


@contextmanager
def real_aws_rds(folder: Path) -> Iterator[Real]:
    with backed_up(folder) as (_, connection, look):
        yield Real(kind=TargetKind("aws_rds"), connection=connection, params={"switch": True}, look=look)


def test_without_a_switch_the_copy_is_checked_and_waits_and_a_restore_drops_it() -> None:
    role, params = MemoryBackups(), RecreateParams()
    assert DEFINITION.preview(role, params).changes == (
        "make a copy from backup nightly, 3h old, 5 bytes; check it; let it wait there for people",
    )
    kept = DEFINITION.snapshot(role, params)
    outcome = DEFINITION.apply(role, params, kept)
    assert role.databases == {"shop": "damaged", str(outcome.data["copy"]): "whole"}
    assert DEFINITION.restored(role, params, kept) is False
    DEFINITION.restore(role, params, kept)
    assert role.databases == {"shop": "damaged"}
    assert DEFINITION.restored(role, params, kept) is True


def test_a_copy_that_was_left_half_made_is_dropped() -> None:
    role = MemoryBackups()
    kept = DEFINITION.snapshot(role, SWITCH)
    name = role.standing(str(kept.content["key"])).copy_name
    role.databases[name], role.ids[name] = "half", "second"
    role.unfinished.add(name)
    assert DEFINITION.restored(role, SWITCH, kept) is False
    DEFINITION.restore(role, SWITCH, kept)
    assert role.databases == {"shop": "damaged"}
    assert DEFINITION.restored(role, SWITCH, kept) is True


def test_a_copy_that_served_is_never_dropped() -> None:
    role = MemoryBackups()
    kept = DEFINITION.snapshot(role, SWITCH)
    DEFINITION.apply(role, SWITCH, kept)
    assert role.databases["shop"] == "whole"
    role.databases["shop"] = "written since"
    for _ in range(2):
        DEFINITION.restore(role, SWITCH, kept)
        assert sorted(role.databases.values()) == ["damaged", "written since"]
    assert role.databases["shop"] == "damaged"


def test_a_faulty_copy_takes_no_place_and_is_dropped() -> None:
    role = MemoryBackups(faulty={"nightly"})
    kept = DEFINITION.snapshot(role, SWITCH)
    with pytest.raises(PermanentError, match="may not take over and is dropped: the copy of nightly is faulty"):
        DEFINITION.apply(role, SWITCH, kept)
    assert role.databases == {"shop": "damaged"}


def test_another_database_under_the_name_stops_it() -> None:
    role = MemoryBackups()
    kept = DEFINITION.snapshot(role, SWITCH)
    role.ids["shop"] = "another"
    for act in (DEFINITION.apply, DEFINITION.restore):
        with pytest.raises(ConflictError, match=r"another database serves .*\(another, then first\)"):
            act(role, SWITCH, kept)


def test_what_is_missing_or_too_old_is_said() -> None:
    with pytest.raises(NotFoundError, match="there is no backup 'weekly'; the newest: nightly"):
        DEFINITION.snapshot(MemoryBackups(), RecreateParams(backup="weekly"))
    with pytest.raises(NotFoundError, match="there is no complete backup"):
        DEFINITION.preview(MemoryBackups(kept={}), RecreateParams())
    with pytest.raises(ConflictError, match="backup nightly is 3h old, and `max_age` is 1h"):
        DEFINITION.preview(MemoryBackups(), RecreateParams(max_age=timedelta(hours=1)))
