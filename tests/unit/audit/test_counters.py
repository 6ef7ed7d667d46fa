"""Verification with the writers' counters: a stream that ends before its counter was cut, whatever else matches."""

from collections import Counter

import pytest

from grace_workers.audit import Entry, Intact, StreamPosition, Tampered, write
from tests.unit.audit.logs import START, Log, build
from tests.unit.audit.test_verification import writer_of


def test_a_log_that_holds_all_that_was_counted_is_intact():
    log = counted(build(60, every=20))
    found = log.verify()
    assert isinstance(found, Intact), found
    assert found.counted == 3


def test_a_log_without_counters_is_intact_as_before_and_says_that_there_were_none():
    found = build(60, every=20).verify()
    assert isinstance(found, Intact), found
    assert found.counted == 0


def test_an_older_counter_is_harmless():
    log = counted(build(60, every=20))
    log.counters = {writer: number // 2 for writer, number in log.counters.items()}
    assert isinstance(log.verify(), Intact)


def test_entries_that_wait_for_their_seal_count_as_there():
    log = counted(waiting(build(60, every=20), 3))
    found = log.verify()
    assert isinstance(found, Intact), found
    assert found.unsealed == 3


def test_the_cut_tail_of_one_stream_is_named_with_the_number_it_ends_before():
    log = counted(waiting(build(60, every=20), 3))
    writer = writer_of(log.unsealed.pop()[0])
    assert log.verify() == Tampered(60, f"the writer's stream {writer} ends after 2 entries, but 3 were committed")


def test_the_cut_tails_of_all_streams_are_missed():
    log = counted(build(60, every=20))
    log.counters = {writer: number + 1 for writer, number in log.counters.items()}
    found = log.verify()
    assert isinstance(found, Tampered)
    assert found.seq == 60
    assert f"{min(log.counters)} ends after 20 entries, but 21" in found.why


@pytest.mark.parametrize("size", [0, 60])
def test_a_stream_that_the_log_does_not_contain_was_cut_entirely(size):
    log = build(size, every=20)
    log.counters = {"f" * 32: 2}
    found = log.verify()
    assert found == Tampered(size, f"the writer's stream {'f' * 32} ends after 0 entries, but 2 were committed")


def counted(log: Log) -> Log:
    """Count what the log holds, as its writers would."""
    held = [row[1] for row in log.rows] + [row[0] for row in log.unsealed]
    log.counters = dict(Counter(writer_of(envelope) for envelope in held))
    return log


def waiting(log: Log, count: int) -> Log:
    """Let so many entries of one new stream wait to be sealed."""
    position = StreamPosition.fresh()
    for _ in range(count):
        told = write(Entry(at=START, actor="test", action="job.done", subject="job:late"), position)
        position = position.after(told.envelope)
        log.unsealed.append((told.envelope, told.data, told.salt))
    return log
