"""Readings side by side, on threads that are kept."""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from grace_workers.orchestration.line.reading_threads import SIDE_BY_SIDE, ReadingThreads


def test_readings_are_taken_side_by_side_and_come_in_their_order() -> None:
    met = threading.Barrier(SIDE_BY_SIDE, timeout=10)

    def reading(number: int) -> int:
        met.wait()
        return number

    numbers = list(range(SIDE_BY_SIDE))
    assert ReadingThreads().all([partial(reading, number) for number in numbers]) == numbers


def test_the_first_is_taken_by_the_thread_that_asks_and_the_others_by_threads_that_are_kept() -> None:
    readers = ReadingThreads()
    mine, first = readers.all([threading.get_ident, threading.get_ident])
    _, again = readers.all([threading.get_ident, threading.get_ident])
    assert (mine, first) == (threading.get_ident(), again)


def test_no_thread_reads_for_two_that_ask() -> None:
    readers = ReadingThreads()
    with ThreadPoolExecutor(1) as other:
        asked = [threading.get_ident, threading.get_ident]
        assert set(readers.all(asked)).isdisjoint(other.submit(readers.all, asked).result())


@pytest.mark.parametrize("at", [0, 1])
def test_all_have_ended_when_one_raises(at: int) -> None:
    failed, ended = threading.Event(), []

    def fails() -> None:
        failed.set()
        raise ValueError("no reading")

    def ends() -> None:
        assert failed.wait(10)
        ended.append(True)

    with pytest.raises(ValueError, match="no reading"):
        ReadingThreads().all([fails, ends] if at == 0 else [lambda: None, fails, ends])
    assert ended == [True]
