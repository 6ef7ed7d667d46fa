"""A machine on which a pass takes longer than the server waits: smaller passes, and larger ones again."""

from datetime import UTC, datetime

import psycopg
import pytest

from grace_workers.adapters.postgres.audit import NothingToDo, Rhythm, Sealer
from grace_workers.adapters.postgres.audit.batch import InboxBatch
from grace_workers.audit import Intact
from tests.integration.audit.conftest import Desk
from tests.waiting import until

UNDER_WAY = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'
"""


class SlowMachine:
    """A clock that is read once in each pass, between two statements: it takes too long while the pass is large."""

    def __init__(self, desk: Desk, copes_with: int) -> None:
        self.desk = desk
        self.copes_with = copes_with
        self.sealer: Sealer | None = None

    def now(self) -> datetime:
        if self.sealer is not None and self.sealer.batch_limit > self.copes_with:
            until(lambda: self.desk.value(UNDER_WAY) == 0, within=20)
        return datetime.now(UTC)


@pytest.mark.servers
def test_a_pass_that_the_server_ends_for_its_slowness_is_halved_until_it_fits_and_grows_back_when_it_can(
    desk: Desk,
) -> None:
    desk.append(130)
    machine = SlowMachine(desk, copes_with=30)
    sealer = desk.sealer(rhythm=Rhythm(batch=60), clock=machine)
    machine.sealer = sealer
    with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
        sealer.seal_once()
    assert sealer.batch_limit == 30
    machine.copes_with = 1000
    while not isinstance(sealer.seal_once(), NothingToDo):
        continue
    assert sealer.batch_limit == 60
    assert desk.value("SELECT count(*) FROM audit_log") == 130
    assert desk.value("SELECT count(*) FROM audit_inbox") == 0
    assert isinstance(desk.archive.verify(), Intact)


def test_a_batch_is_never_smaller_than_a_few_entries_nor_larger_than_it_was_asked_to_be() -> None:
    batch = InboxBatch(100)
    for _ in range(10):
        batch.shrink()
    assert batch.limit == 20
    for _ in range(3):
        batch.done(range(5))
    assert batch.limit == 20
    for _ in range(20):
        batch.done(range(batch.limit))
    assert batch.limit == 100
    tiny = InboxBatch(5)
    tiny.shrink()
    assert tiny.limit == 5
