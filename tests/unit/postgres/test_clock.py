from datetime import UTC, datetime, timedelta

from grace_workers.adapters.postgres.clock import DatabaseClock
from grace_workers.foundation.errors import InputError


class Pooler:
    """An engine whose connections lead to a pooler."""

    asked = 0

    def execution_options(self, **_: object) -> "Pooler":
        return self

    def connect(self) -> None:
        self.asked += 1
        raise InputError("the connection goes through a pooler")


def test_a_database_that_is_refused_leaves_the_time_of_the_machine():
    engine = Pooler()
    found = DatabaseClock(engine).now()
    assert abs(found - datetime.now(UTC)) < timedelta(seconds=10)
    assert engine.asked == 1
