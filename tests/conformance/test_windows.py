"""What the store of windows promises, in memory and PostgreSQL."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from grace_workers.foundation.errors import NotFoundError
from grace_workers.foundation.ids import uuid7
from grace_workers.governance import WindowScope
from grace_workers.orchestration.stores.windows import WindowStore
from tests.builders import WEB
from tests.conformance.line_worlds import World, clock, world
from tests.unit.governance.test_window import HOUR, ONCE, SUNDAYS

__all__ = ["clock", "world"]


def test_windows_are_kept_until_they_are_over_or_ended(world: World) -> None:
    scope = WindowScope(targets=(WEB,), labels={"team": "shop"})
    once, sundays = replace(ONCE, id=uuid7(), scope=scope), replace(SUNDAYS, id=uuid7())
    with world.ledger.transaction() as tx:
        tx[WindowStore].add(once)
        tx[WindowStore].add(sundays)
    with world.ledger.transaction() as tx:
        assert {one.id for one in tx[WindowStore].open(once.starts_at)} == {once.id, sundays.id}
        assert list(tx[WindowStore].open(once.ends_at)) == [sundays]
        assert tx[WindowStore].load(once.id) == once
        tx[WindowStore].end(sundays.id, once.ends_at + HOUR)
    with world.ledger.transaction() as tx:
        assert list(tx[WindowStore].open(once.ends_at + timedelta(hours=2))) == []
        with pytest.raises(NotFoundError):
            tx[WindowStore].load(uuid4())
