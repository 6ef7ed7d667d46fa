"""A child that gets no processor is told from one that hangs."""

import os
import subprocess
import sys
from contextlib import ExitStack

from grace_workers.adapters.process.liveness import queued_for
from tests.waiting import until

SPIN = "while True: pass"


def test_the_time_a_thread_waits_for_a_processor_is_seen():
    with ExitStack() as stack:
        running = []
        for _ in range(2 * len(os.sched_getaffinity(0)) + 1):
            process = subprocess.Popen([sys.executable, "-S", "-c", SPIN])
            stack.callback(process.wait)
            stack.callback(process.kill)
            running.append(process)
        first = running[0].pid
        until(lambda: max(queued_for(first).values(), default=0.0) > 0.1, within=10)


def test_a_process_that_is_gone_waits_for_nothing():
    process = subprocess.Popen([sys.executable, "-S", "-c", ""])
    process.wait()
    assert queued_for(process.pid) == {}
