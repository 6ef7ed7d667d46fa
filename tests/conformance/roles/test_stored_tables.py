"""What every `StoredTables` promises. A stand has a table `orders` that can be read, and a function that damages it."""

from collections.abc import Callable, Iterator

import pytest

from grace_workers.actions import StoredTables
from grace_workers.foundation.errors import PermanentError
from grace_workers.testing import MemoryTables
from tests.conformance.roles.implementations import implementations, stand

Stand = tuple[StoredTables, Callable[[], object]]


@pytest.fixture(params=implementations(StoredTables))
def tables(request: pytest.FixtureRequest) -> Iterator[Stand]:
    if request.param == "memory":
        made = MemoryTables({"orders": True})
        yield made, lambda: made.tables.update(orders=False)
        return
    with stand(request.param, StoredTables, request) as found:
        yield found


def test_a_table_is_readable_until_it_is_damaged(tables: Stand) -> None:
    role, damage = tables
    assert role.readable("orders")
    damage()
    assert not role.readable("orders")


def test_an_unknown_table_is_not_called_damaged(tables: Stand) -> None:
    role, _ = tables
    with pytest.raises(PermanentError):
        role.readable("no_such_table")
