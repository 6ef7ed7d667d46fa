"""What every `SafePoints` promises. A stand has content, and something that changes, adds and removes some of it."""

from collections.abc import Iterator

import pytest

from grace_workers.actions import KeptPart, SafePoints
from grace_workers.foundation.errors import ConflictError, IntegrityError, NotFoundError
from grace_workers.testing import MemorySafePoints
from tests.conformance.roles.implementations import implementations, stand
from tests.conformance.roles.safe_point_stands import Stand


@pytest.fixture(params=implementations(SafePoints))
def here(request: pytest.FixtureRequest) -> Iterator[Stand]:
    if request.param == "memory":
        role = MemorySafePoints(items={"a": "1", "b": "2"})

        def change() -> None:
            role.items.update(a="9", c="3")
            role.items.pop("b", None)

        yield Stand(lambda: role, lambda: dict(role.items), change)
        return
    with stand(request.param, SafePoints, request) as made:
        yield made


def ids(part: KeptPart) -> tuple[str, str]:
    return part.key, part.sha256


def test_a_part_is_put_back_as_it_was_and_can_be_taken_back(here: Stand) -> None:
    first = here.look()
    part = here.opened().keep("point")
    assert part.items > 0
    assert here.opened().differences(*ids(part)) == []
    assert here.look() == first
    here.change()
    changed = here.look()
    assert here.opened().differences(*ids(part))
    before = here.opened().keep("before-1")
    assert here.opened().put_back(*ids(part), since=ids(before)) > 0
    assert here.look() == first
    assert here.opened().differences(*ids(part)) == []
    assert here.opened().put_back(*ids(part), since=ids(before)) == 0
    here.opened().put_back(*ids(before), since=ids(part))
    assert here.look() == changed


def test_what_others_changed_since_the_last_look_is_not_overwritten(here: Stand) -> None:
    part = here.opened().keep("point")
    here.change()
    changed = here.look()
    with pytest.raises(ConflictError, match="changed by others"):
        here.opened().put_back(*ids(part), since=ids(part))
    assert here.look() == changed


def test_keeping_under_the_same_key_keeps_the_first(here: Stand) -> None:
    assert here.opened().kept("point") is None
    part = here.opened().keep("point")
    here.change()
    assert here.opened().keep("point") == here.opened().kept("point") == part
    assert here.opened().differences(*ids(part))


def test_an_unknown_part_is_named_and_one_that_is_not_what_was_kept_is_refused(here: Stand) -> None:
    part = here.opened().keep("point")
    with pytest.raises(NotFoundError, match="ghost"):
        here.opened().differences("ghost", part.sha256)
    with pytest.raises(IntegrityError, match="not what was kept"):
        here.opened().put_back("point", "0" * 64, since=ids(part))
    here.opened().forget("point")
    here.opened().forget("point")
    with pytest.raises(NotFoundError, match="point"):
        here.opened().put_back(*ids(part), since=ids(part))
