"""Threads that wait for no one: one that is free takes the next act, and one that hangs delays none."""

import os
import threading
from concurrent.futures import Future
from contextlib import suppress

import pytest

from grace_workers.foundation.daemons import Daemons
from tests.waiting import until


def acted_by(daemons):
    """Return the thread that ran an act."""
    found: Future[threading.Thread] = Future()
    daemons.start(lambda: found.set_result(threading.current_thread()))
    return found.result(5)


def test_a_thread_that_is_free_takes_the_next_act():
    daemons = Daemons("hands")
    first = acted_by(daemons)
    assert first.daemon
    assert first.name == "hands"
    until(lambda: acted_by(daemons) is first, within=5)


def test_an_act_that_hangs_delays_none():
    daemons, end = Daemons("hands"), threading.Event()
    daemons.start(end.wait)
    threads = {acted_by(daemons) for _ in range(5)}
    assert threads
    end.set()


def test_acts_run_at_the_same_time():
    daemons, together = Daemons("hands"), threading.Barrier(4)
    for _ in range(3):
        daemons.start(lambda: together.wait(5) and None)
    together.wait(5)
    assert not together.broken


@pytest.mark.parametrize("asked_before", [True, False], ids=["used before", "unused"])
def test_a_forked_process_has_threads_of_its_own(asked_before):
    daemons = Daemons("hands")
    if asked_before:
        acted_by(daemons)
    child = os.fork()
    if child == 0:
        with suppress(TimeoutError):
            acted_by(daemons)
            os._exit(0)
        os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
