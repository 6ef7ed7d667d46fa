"""What every `Backups` promises. A stand has a database that serves, and one backup of other content."""

from collections.abc import Iterator

import pytest

from grace_workers.actions import Backups
from grace_workers.foundation.errors import ConflictError, NotFoundError
from grace_workers.testing import MemoryBackups
from tests.conformance.roles.backup_stands import Backed
from tests.conformance.roles.implementations import implementations, stand

KEY = "0123abcd"


@pytest.fixture(params=implementations(Backups))
def here(request: pytest.FixtureRequest) -> Iterator[Backed]:
    if request.param == "memory":
        role = MemoryBackups()
        yield Backed(role=role, look=lambda: role.databases[role.name])
        return
    with stand(request.param, Backups, request) as made:
        yield made


def test_a_copy_is_made_beside_and_changes_nothing_of_what_serves(here: Backed) -> None:
    first, before = here.look(), here.role.standing(KEY)
    backup = here.role.backups()[0]
    assert (before.copy, before.before) == (None, None)
    made = here.role.restore_beside(backup.name, KEY)
    assert made.copy not in {None, made.serving}
    assert made.serving == before.serving
    assert here.role.restore_beside(backup.name, KEY) == made
    assert here.role.faults(KEY) == []
    assert here.look() == first


def test_a_copy_takes_over_and_gives_way_again_and_nothing_is_lost(here: Backed) -> None:
    first = here.look()
    made = here.role.restore_beside(here.role.backups()[0].name, KEY)
    over = here.role.exchange(KEY)
    assert (over.serving, over.copy, over.before) == (made.copy, None, made.serving)
    assert here.role.exchange(KEY) == over
    assert here.look() != first
    back = here.role.exchange_back(KEY)
    assert (back.serving, back.copy, back.before) == (made.serving, None, None)
    assert here.role.exchange_back(KEY) == back
    assert here.look() == first


def test_a_copy_is_dropped_and_what_is_not_there_takes_no_place(here: Backed) -> None:
    first = here.role.standing(KEY)
    here.role.restore_beside(here.role.backups()[0].name, KEY)
    for _ in range(2):
        here.role.drop_copy(KEY)
    assert here.role.standing(KEY) == first
    with pytest.raises(ConflictError):
        here.role.exchange(KEY)
    assert here.role.standing(KEY) == first


@pytest.mark.parametrize("name", ["ghost", "--help", "../../etc/passwd", "a b", ""])
def test_an_unknown_backup_is_refused_and_leaves_no_copy(here: Backed, name: str) -> None:
    with pytest.raises(NotFoundError):
        here.role.restore_beside(name, KEY)
    assert here.role.standing(KEY).copy is None
