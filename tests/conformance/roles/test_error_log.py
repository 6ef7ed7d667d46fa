"""What every `ErrorLog` promises. A stand is an empty log, with a way to write errors of some age, oldest first."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from grace_workers.actions import RECENT, ErrorLog
from grace_workers.testing import MemoryErrorLog
from tests.conformance.roles.implementations import implementations, stand
from tests.conformance.roles.stands import Log

MINUTE = timedelta(minutes=1)


@pytest.fixture(params=implementations(ErrorLog))
def log(request: pytest.FixtureRequest) -> Iterator[Log]:
    if request.param == "memory":
        memory = MemoryErrorLog()
        yield Log(memory, lambda age, words: memory.lines.append((memory.now - age, words)))
        return
    with stand(request.param, ErrorLog, request) as made:
        yield made


def test_errors_are_counted_within_the_window(log: Log) -> None:
    for minutes in (40, 8, 3):
        log.write(minutes * MINUTE, "it broke")
    assert [log.role.errors(window * MINUTE) for window in (1, 5, 10, 60)] == [0, 1, 2, 3]


def test_the_newest_recent_errors_come_newest_last(log: Log) -> None:
    log.write(RECENT + MINUTE, "long over")
    for minutes, words in ((3, "first"), (2, "second"), (1, "third")):
        log.write(minutes * MINUTE, words)
    assert ["second" in log.role.recent(2)[0], "third" in log.role.recent(2)[1]] == [True, True]
    assert len(log.role.recent(10)) == 3
    assert list(log.role.recent(0)) == []
