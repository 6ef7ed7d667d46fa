import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from grace_workers.adapters.process.child import Child, StopStep
from grace_workers.adapters.process.spawn import Command
from grace_workers.adapters.process.supervisor import Supervisor
from grace_workers.fleet import ProcessState, WatchdogTimeouts
from grace_workers.foundation.errors import ConflictError, NotFoundError, TransientError
from tests.waiting import let_pass, until

ROOT = Path(__file__).parents[3]
SLEEP = "import time; time.sleep(600)"
BREATHE = f"""
import os, sys
sys.path.insert(0, {str(ROOT)!r})
from grace_workers.node.pulse import begin_pulse
assert begin_pulse(os.environ)
"""
# A call into C through PyDLL keeps the interpreter's lock, so no other thread runs, and it needs no processor.
STUCK = """
import ctypes, pathlib, time
while not pathlib.Path({flag!r}).exists(): time.sleep(0.01)
ctypes.PyDLL(None).sleep(60)
"""
QUICK = (StopStep(signal=signal.SIGTERM, seconds=0.3),)


def child(tmp_path, name, code, **options) -> Child:
    command = Command(argv=[sys.executable, "-c", code], log=tmp_path / f"{name}.log")
    return Child(**{"name": name, "command": lambda: command, "ready": lambda: True, "stop": QUICK, **options})


@pytest.fixture
def supervise():
    running = []

    def start(*children, **options) -> Supervisor:
        supervisor = Supervisor(children, **options)
        running.append(supervisor)
        supervisor.start()
        supervisor.wait_ready(within=10)
        return supervisor

    yield start
    for supervisor in running:
        supervisor.stop(at_once=True)


def pid_of(supervisor, name) -> int:
    return until(lambda: supervisor.states[name].pid, within=5)


def is_new(supervisor, name, first) -> bool:
    return supervisor.is_ready() and supervisor.states[name].pid not in {None, first}


def test_a_stopped_process_is_replaced_within_three_seconds(supervise, tmp_path):
    supervisor = supervise(child(tmp_path, "one", SLEEP))
    first = pid_of(supervisor, "one")
    os.kill(first, signal.SIGSTOP)
    until(lambda: is_new(supervisor, "one", first), within=3)
    assert supervisor.states["one"].trouble.startswith("hung: stopped")
    assert not psutil.pid_exists(first)


def test_a_process_whose_threads_no_longer_run_is_replaced(supervise, tmp_path):
    flag = tmp_path / "stuck"
    code = BREATHE + STUCK.format(flag=str(flag))
    supervisor = supervise(child(tmp_path, "one", code, pulse=True))
    first = pid_of(supervisor, "one")
    until(lambda: psutil.Process(first).num_threads() > 1, within=5)
    flag.touch()
    until(lambda: is_new(supervisor, "one", first), within=6)
    flag.unlink()
    assert supervisor.states["one"].trouble.startswith("hung: no pulse")


def test_a_process_that_is_busy_for_a_moment_is_left_alone(supervise, tmp_path):
    done = tmp_path / "done"
    code = (
        f"{BREATHE}import pathlib, re, time\nre.match('(a+)+b', 'a' * 22)\npathlib.Path({str(done)!r}).touch()\n{SLEEP}"
    )
    supervisor = supervise(child(tmp_path, "one", code, pulse=True))
    until(done.exists, within=10)
    assert supervisor.states["one"].restarts == 0


def test_a_server_that_takes_a_question_and_never_answers_is_replaced(supervise, tmp_path):
    asked = []

    def ready() -> bool:
        asked.append(1)
        if len(asked) == 2:
            let_pass(4)
        return True

    supervisor = supervise(child(tmp_path, "one", SLEEP, ready=ready))
    first = pid_of(supervisor, "one")
    until(lambda: is_new(supervisor, "one", first), within=5)
    assert supervisor.states["one"].trouble.startswith("hung: self-test unanswered")


def test_a_self_test_that_keeps_failing_replaces_the_child(supervise, tmp_path):
    well = tmp_path / "well"
    well.touch()

    def is_well() -> bool:
        if not well.exists():
            raise TransientError("it refuses the password")
        return True

    timeouts = WatchdogTimeouts(failing=timedelta(seconds=0.5))
    supervisor = supervise(child(tmp_path, "one", SLEEP, ready=is_well, timeouts=timeouts))
    first = pid_of(supervisor, "one")
    well.unlink()
    until(lambda: supervisor.states["one"].pid not in {None, first}, within=5)
    trouble = supervisor.states["one"].trouble
    # The next life's own self-test may have failed by now too, and reports only the second half.
    assert trouble.endswith("self-test: it refuses the password")


def test_a_self_test_that_fails_for_want_of_something_else_never_replaces_the_child(supervise, tmp_path):
    well, excuses = tmp_path / "well", []
    well.touch()

    def excuse() -> str:
        excuses.append(1)
        return "the database is unreachable"

    options = {"ready": well.exists, "excuse": excuse, "timeouts": WatchdogTimeouts(failing=timedelta(seconds=0.5))}
    supervisor = supervise(child(tmp_path, "one", SLEEP, **options))
    first = pid_of(supervisor, "one")
    well.unlink()
    until(lambda: len(excuses) >= 3, within=10)
    assert (supervisor.states["one"].pid, supervisor.states["one"].state) == (first, ProcessState.UNREADY)
    assert supervisor.states["one"].trouble == "waits: the database is unreachable"


def chain(tmp_path) -> list[Child]:
    return [
        child(tmp_path, "database", SLEEP),
        child(tmp_path, "worker", SLEEP, needs=("database",)),
        child(tmp_path, "face", SLEEP, needs=("worker",)),
    ]


def test_a_pause_takes_those_that_need_it_first_and_a_resume_brings_them_back_in_order(supervise, tmp_path):
    seen = []
    states = (ProcessState.PAUSED, ProcessState.READY)
    supervisor = supervise(
        *chain(tmp_path),
        report=lambda status: seen.append((status.name, status.state)) if status.state in states else None,
    )
    seen.clear()
    supervisor.pause("database", why="upgrade")
    assert supervisor.states["face"].paused_for == "database is down"
    supervisor.resume("database")
    names = ["face", "worker", "database"]
    assert seen == [(n, ProcessState.PAUSED) for n in names] + [(n, ProcessState.READY) for n in reversed(names)]


def test_a_child_paused_for_two_reasons_restarts_when_both_are_gone(supervise, tmp_path):
    supervisor = supervise(*chain(tmp_path))
    supervisor.pause("worker", why="upgrade")
    supervisor.pause("worker", key="load", why="memory is short")
    supervisor.resume("worker")
    assert supervisor.states["worker"].state is ProcessState.PAUSED
    supervisor.resume("worker", key="load")
    assert supervisor.is_ready()


def test_a_restart_ends_a_deaf_child_by_force_and_brings_all_back(supervise, tmp_path):
    log = tmp_path / "deaf.log"
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(9)"
    )
    supervisor = supervise(
        child(tmp_path, "deaf", deaf, ready=lambda: log.exists() and "deaf" in log.read_text()),
        child(tmp_path, "other", SLEEP, needs=("deaf",)),
    )
    first = {name: pid_of(supervisor, name) for name in ("deaf", "other")}
    supervisor.restart("deaf")
    assert supervisor.is_ready()
    assert not any(psutil.pid_exists(pid) for pid in first.values())
    assert supervisor.states["deaf"].restarts == 0


def test_a_restart_of_what_is_paused_or_unknown_is_refused(supervise, tmp_path):
    supervisor = supervise(child(tmp_path, "one", SLEEP))
    supervisor.pause("one", why="upgrade")
    with pytest.raises(ConflictError, match=r"one is paused \(upgrade\)"):
        supervisor.restart("one")
    with pytest.raises(NotFoundError, match="process 'two' is unknown here; known: one"):
        supervisor.restart("two")


def test_a_child_restarts_only_once_what_it_left_is_settled(supervise, tmp_path):
    reachable = tmp_path / "reachable"
    reachable.touch()

    def settle() -> None:
        if not reachable.exists():
            raise TransientError("the database is unreachable")

    supervisor = supervise(child(tmp_path, "one", SLEEP, settle=settle))
    reachable.unlink()
    os.kill(pid_of(supervisor, "one"), signal.SIGKILL)
    until(lambda: "cannot clean up" in (supervisor.states["one"].trouble or ""), within=5)
    assert supervisor.states["one"].pid is None
    reachable.touch()
    until(supervisor.is_ready, within=5)
    assert supervisor.states["one"].restarts == 1


def test_a_child_that_keeps_ending_is_recognised(supervise, tmp_path):
    supervisor = supervise(child(tmp_path, "one", SLEEP))
    for restarts in (1, 2, 3):
        assert not supervisor.states["one"].keeps_failing
        os.kill(pid_of(supervisor, "one"), signal.SIGKILL)
        until(lambda n=restarts: supervisor.states["one"].restarts == n, within=5)
    assert supervisor.states["one"].keeps_failing
