import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from grace_workers.adapters.process.child import Child, StopStep
from grace_workers.adapters.process.spawn import Command
from grace_workers.adapters.process.supervisor import Supervisor
from grace_workers.fleet import ProcessState
from grace_workers.foundation.errors import InputError, PermanentError, TransientError
from tests.waiting import until

ROOT = Path(__file__).parents[3]
SLEEP = "import time; time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
)
WITH_GRANDCHILD = "import subprocess, sys; print(subprocess.Popen(['sleep', '600']).pid, flush=True); " + SLEEP
QUICK = (StopStep(signal=signal.SIGTERM, seconds=0.3),)


def child(tmp_path, name, code, *, ready=lambda: True, needs=(), stop=QUICK) -> Child:
    command = Command(argv=[sys.executable, "-S", "-c", code], log=tmp_path / f"{name}.log")
    return Child(name=name, command=lambda: command, ready=ready, needs=needs, stop=stop)


@pytest.fixture
def supervise():
    running = []

    def start(*children, **options) -> Supervisor:
        supervisor = Supervisor(children, **options)
        running.append(supervisor)
        supervisor.start()
        return supervisor

    yield start
    for supervisor in running:
        supervisor.stop(at_once=True)


def pid_of(supervisor, name) -> int:
    return until(lambda: supervisor.states[name].pid, within=5)


def test_a_child_that_is_killed_is_back_within_a_second(supervise, tmp_path):
    supervisor = supervise(child(tmp_path, "one", SLEEP))
    supervisor.wait_ready(within=5)
    first = pid_of(supervisor, "one")
    os.kill(first, signal.SIGKILL)
    until(lambda: supervisor.states["one"].pid not in {None, first} and supervisor.is_ready(), within=1)


def test_a_child_that_cannot_be_cleaned_up_after_at_first_comes_back(supervise, tmp_path):
    tried = []

    def settle() -> None:
        tried.append(None)
        if len(tried) == 1:
            raise ValueError("an odd server")

    supervisor = supervise(replace(child(tmp_path, "one", SLEEP), settle=settle))
    first = pid_of(supervisor, "one")
    os.kill(first, signal.SIGKILL)
    until(lambda: supervisor.states["one"].pid not in {None, first}, within=10)
    assert tried[1:]


def test_a_child_starts_only_when_its_needs_are_ready(supervise, tmp_path):
    gate = tmp_path / "gate"
    supervisor = supervise(
        child(tmp_path, "first", SLEEP, ready=gate.exists), child(tmp_path, "second", SLEEP, needs=("first",))
    )
    pid_of(supervisor, "first")
    assert supervisor.states["second"].state is ProcessState.WAITING
    gate.touch()
    supervisor.wait_ready(within=5)


def test_a_child_that_keeps_ending_before_it_is_ready_fails_the_start_with_its_last_words(supervise, tmp_path):
    supervisor = supervise(child(tmp_path, "broken", "raise SystemExit('no such flag')", ready=lambda: False))
    with pytest.raises(PermanentError, match="broken cannot start: ended with exit code 1: no such flag"):
        supervisor.wait_ready(within=10)


def test_a_program_that_does_not_exist_fails_the_start(supervise, tmp_path):
    missing = Child(
        name="missing", command=lambda: Command(argv=["/no/such"], log=tmp_path / "log"), ready=lambda: False
    )
    supervisor = supervise(missing)
    with pytest.raises(PermanentError, match="No such file"):
        supervisor.wait_ready(within=10)


def test_a_start_that_takes_too_long_names_who_is_late(supervise, tmp_path):
    supervisor = supervise(child(tmp_path, "slow", SLEEP, ready=lambda: False))
    with pytest.raises(TransientError, match="slow"):
        supervisor.wait_ready(within=0.2)


def test_a_child_deaf_to_the_polite_signal_is_killed(supervise, tmp_path):
    log = tmp_path / "deaf.log"
    supervisor = supervise(child(tmp_path, "deaf", STUBBORN, ready=lambda: log.exists() and "deaf" in log.read_text()))
    supervisor.wait_ready(within=5)
    pid = pid_of(supervisor, "deaf")
    supervisor.stop()
    assert not psutil.pid_exists(pid)


@pytest.mark.timeout(20)
def test_no_wait_for_a_child_that_was_stopped_for_good(supervise, tmp_path):
    supervisor = supervise(child(tmp_path, "one", SLEEP))
    supervisor.wait_ready(within=5)
    supervisor.stop()
    with pytest.raises(TransientError, match="stopped permanently"):
        supervisor.restart("one", within=60)


def test_grandchildren_are_gone_after_a_stop(supervise, tmp_path):
    log = tmp_path / "parent.log"
    supervisor = supervise(child(tmp_path, "parent", WITH_GRANDCHILD, ready=lambda: bool(log.read_text())))
    supervisor.wait_ready(within=5)
    grandchild = int(log.read_text())
    supervisor.stop()
    until(lambda: not psutil.pid_exists(grandchild), within=5)


def test_those_that_need_others_end_first(supervise, tmp_path):
    ended = []
    supervisor = supervise(
        child(tmp_path, "database", SLEEP),
        child(tmp_path, "worker", SLEEP, needs=("database",)),
        report=lambda status: ended.append(status.name) if status.state is ProcessState.STOPPED else None,
    )
    supervisor.wait_ready(within=5)
    supervisor.stop()
    assert ended == ["worker", "database"]


def test_an_exit_code_that_fells_others_ends_them_before_the_child_restarts(supervise, tmp_path):
    flag = tmp_path / "fenced"
    watcher = f"""
import pathlib, sys, time
while not pathlib.Path({str(flag)!r}).exists(): time.sleep(0.01)
pathlib.Path({str(flag)!r}).unlink()
sys.exit(77)
"""
    control = child(tmp_path, "control", watcher)
    supervisor = supervise(replace(control, fells={77: ("pool",)}), child(tmp_path, "pool", SLEEP))
    supervisor.wait_ready(within=5)
    first = pid_of(supervisor, "pool")
    flag.touch()
    until(lambda: supervisor.states["pool"].pid not in {None, first}, within=5)
    assert not psutil.pid_exists(first)
    assert (supervisor.states["pool"].restarts, supervisor.states["control"].restarts) == (1, 1)


def test_a_failing_self_test_is_seen(supervise, tmp_path):
    flag = tmp_path / "healthy"
    flag.touch()
    supervisor = supervise(child(tmp_path, "one", SLEEP, ready=flag.exists))
    supervisor.wait_ready(within=5)
    flag.unlink()
    until(lambda: supervisor.states["one"].state is ProcessState.UNREADY, within=5)
    flag.touch()
    until(supervisor.is_ready, within=5)


def test_a_self_test_that_hangs_does_not_hide_that_its_child_has_ended(supervise, tmp_path):
    hang = threading.Event()
    tests = []

    def ready() -> bool:
        tests.append(1)
        return len(tests) == 1 or hang.wait(60)

    supervisor = supervise(child(tmp_path, "one", SLEEP, ready=ready))
    supervisor.wait_ready(within=5)
    first = pid_of(supervisor, "one")
    until(lambda: len(tests) > 1, within=5)
    os.kill(first, signal.SIGKILL)
    until(lambda: supervisor.states["one"].pid not in {None, first}, within=2)
    hang.set()


def test_a_self_test_that_breaks_has_failed(supervise, tmp_path):
    def ready() -> bool:
        raise ValueError("broken test")

    supervisor = supervise(child(tmp_path, "one", SLEEP, ready=ready))
    until(lambda: supervisor.states["one"].trouble == "self-test: broken test", within=5)
    assert not supervisor.is_ready()


def test_no_child_outlives_a_supervisor_that_is_killed(tmp_path):
    program = f"""
import sys, time
sys.path.insert(0, {str(ROOT)!r})
from grace_workers.adapters.process.child import Child
from grace_workers.adapters.process.spawn import Command
from grace_workers.adapters.process.supervisor import Supervisor
command = Command(argv=["/bin/sleep", "600"])
supervisor = Supervisor([Child(name=str(n), command=lambda: command, ready=lambda: True) for n in range(3)])
supervisor.start()
supervisor.wait_ready(within=10)
print(*(status.pid for status in supervisor.states.values()), flush=True)
time.sleep(600)
"""
    owner = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    pids = [int(pid) for pid in owner.stdout.readline().split()]
    assert len(pids) == 3
    owner.kill()
    owner.wait()
    owner.stdout.close()
    until(lambda: not any(psutil.pid_exists(pid) for pid in pids), within=5)


def test_a_child_named_twice_is_refused(tmp_path):
    with pytest.raises(InputError, match="declared twice"):
        Supervisor([child(tmp_path, "one", SLEEP), child(tmp_path, "one", SLEEP)])


def test_a_need_that_is_not_declared_before_is_refused(tmp_path):
    with pytest.raises(InputError, match="declared later or not at all"):
        Supervisor([child(tmp_path, "one", SLEEP, needs=("two",)), child(tmp_path, "two", SLEEP)])
