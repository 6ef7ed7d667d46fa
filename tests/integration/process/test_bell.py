"""The bell that ends a wait early: an end is noticed at once, and so is the request to stop."""

import sys
import threading
import time

from grace_workers.adapters.process.bell import Bell
from grace_workers.adapters.process.child import Child
from grace_workers.adapters.process.spawn import Command
from grace_workers.adapters.process.supervisor import Supervisor
from grace_workers.fleet import ProcessState
from tests.waiting import until


def test_a_ring_ends_the_wait_under_way():
    bell, began = Bell(), time.monotonic()
    threading.Timer(0.05, bell.ring).start()
    assert bell.wait(10)
    assert time.monotonic() - began < 5
    bell.close()


def test_a_ring_before_the_wait_ends_it_once():
    bell = Bell()
    bell.ring()
    assert bell.wait(10)
    assert not bell.wait(0.01)
    bell.close()


def test_a_bell_that_was_closed_neither_rings_nor_waits():
    bell = Bell()
    bell.close()
    bell.ring()
    assert bell.wait(10)


def test_a_healthy_child_ends_at_once_when_asked():
    command = Command(argv=[sys.executable, "-S", "-c", "import time; time.sleep(600)"])
    supervisor = Supervisor([Child(name="one", command=lambda: command, ready=lambda: True)])
    supervisor.start()
    until(lambda: supervisor.states["one"].state is ProcessState.READY, within=10)
    began = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - began < 5
    assert supervisor.states["one"].state is ProcessState.STOPPED
