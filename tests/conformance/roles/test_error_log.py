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


def test_errors_come_with_their_times_from_as_far_back_as_the_window_reaches(log: Log) -> None:
    for minutes in (90, 40, 3):
        log.write(minutes * MINUTE, f"broke {minutes}")
    found = log.role.logged(60 * MINUTE, 10)
    assert ["broke 40" in found[0].line, "broke 3" in found[1].line, len(found)] == [True, True, 2]
    assert 36 * MINUTE < found[1].at - found[0].at < 38 * MINUTE
    assert [one.line for one in log.role.logged(60 * MINUTE, 1)] == [found[1].line]
    assert list(log.role.logged(60 * MINUTE, 0)) == []


def test_the_newest_recent_errors_come_newest_last(log: Log) -> None:
    log.write(RECENT + MINUTE, "long over")
    for minutes, words in ((3, "first"), (2, "second"), (1, "third")):
        log.write(minutes * MINUTE, words)
    assert ["second" in log.role.recent(2)[0], "third" in log.role.recent(2)[1]] == [True, True]
    assert len(log.role.recent(10)) == 3
    assert list(log.role.recent(0)) == []
