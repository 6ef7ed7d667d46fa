from datetime import timedelta

from grace_workers.cycles.programmes.triggers import DEFINITION


def test_triggers_are_looked_at_every_thirty_seconds() -> None:
    assert (DEFINITION.cadence, DEFINITION.pool) == (timedelta(seconds=30), "orchestration")
