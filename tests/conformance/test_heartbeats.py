"""What the store of heartbeats promises, in memory and PostgreSQL."""

from grace_workers.orchestration.stores.heartbeats import HeartbeatStore
from tests.conformance.line_worlds import World, clock, world

__all__ = ["clock", "world"]


def test_each_is_listed_with_the_time_it_was_last_heard(world: World) -> None:
    with world.ledger.transaction() as tx:
        first = tx[HeartbeatStore].hear("backup", "cron")
    with world.ledger.transaction() as tx:
        assert tx[HeartbeatStore].heard() == {"backup": first}
        tx[HeartbeatStore].hear("mail", "cron")
        again = tx[HeartbeatStore].hear("backup", "cron")
    with world.ledger.transaction() as tx:
        heard = tx[HeartbeatStore].heard()
    assert heard["backup"] == again >= first
    assert heard.keys() == {"backup", "mail"}
