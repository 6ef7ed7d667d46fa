"""What every `TransactionIds` promises. A stand is a database with an old table `public.orders`."""

from collections.abc import Iterator

import pytest

from grace_workers.actions import TransactionIds
from grace_workers.foundation.errors import NotFoundError
from grace_workers.testing import MemoryTransactionIds
from tests.conformance.roles.implementations import implementations, stand


@pytest.fixture(params=implementations(TransactionIds))
def ids(request: pytest.FixtureRequest) -> Iterator[TransactionIds]:
    if request.param == "memory":
        yield MemoryTransactionIds({"public.orders": 1_000, "public.items": 10})
        return
    with stand(request.param, TransactionIds, request) as made:
        yield made


def age(ids: TransactionIds, table: str) -> int:
    return next(one.age for one in ids.oldest(10_000) if one.table == table)


def test_the_oldest_come_first_and_no_more_than_asked_for(ids: TransactionIds) -> None:
    found = [one.age for one in ids.oldest(10_000)]
    assert found == sorted(found, reverse=True)
    assert len(ids.oldest(1)) == 1
    assert 0 <= ids.used() < 1


def test_a_frozen_table_is_young(ids: TransactionIds) -> None:
    before = age(ids, "public.orders")
    after = ids.freeze("public.orders")
    assert after < before
    assert age(ids, "public.orders") == after


@pytest.mark.parametrize("table", ["public.no_such_table", "no_such_schema.orders"])
def test_an_unknown_table_is_reported(ids: TransactionIds, table: str) -> None:
    with pytest.raises(NotFoundError, match="no table"):
        ids.freeze(table)
