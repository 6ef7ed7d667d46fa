import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from grace_workers.adapters.process.child import Child
from grace_workers.adapters.process.fork_line import Forked
from grace_workers.adapters.process.forking import Forking
from grace_workers.adapters.process.spawn import UNTOLD, Command, module_argv
from grace_workers.adapters.process.supervisor import Supervisor
from tests.waiting import until

PROGRAM = "tests.integration.process.forked_program"
ROOT = Path(__file__).parents[3]
POOL = Command(argv=["/bin/sleep", "600"])


class Yard:
    """A fork server, and what was started by it."""

    def __init__(self, folder: Path, modules=("colorsys",), *, wait: bool = True) -> None:
        self.folder = folder
        self.forking = Forking(modules, folder / "server.log")
        self.forking.begin()
        if wait:
            self.forking.wait_loaded(within=20)
        self.started = []

    def command(self, *arguments: str, **env: str) -> Command:
        argv = module_argv(PROGRAM, *arguments)
        log = self.folder / f"{len(self.started)}-{'-'.join(arguments)}.log"
        return Command(argv=argv, log=log, env={"PATH": os.environ["PATH"], **env})

    def start(self, *arguments: str, inherits=None, **env: str):
        command = self.command(*arguments, **env)
        process = self.forking.start(command, inherits or {})
        self.started.append(process)
        process.said = lambda: json.loads(until(command.log.read_text, within=10))
        return process

    def server(self) -> psutil.Process:
        def found():
            mine = [one for one in psutil.Process().children() if one.status() != psutil.STATUS_ZOMBIE]
            return next((one for one in mine if any("fork_server" in word for word in one.cmdline())), None)

        return until(found, within=10)

    def close(self) -> None:
        for process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
        self.forking.close()


@pytest.fixture
def yard(tmp_path):
    made = Yard(tmp_path)
    yield made
    made.close()


def test_a_forked_program_finds_itself_as_an_executed_one_would(yard):
    process = yard.start("exit", "7", GREETING="hello")
    assert process.wait() == 7
    said = process.said()
    assert isinstance(process, Forked)
    assert said["loaded"], "it was not forked from what had loaded the module"
    assert (said["pid"], said["group"]) == (process.pid, process.pid)
    assert said["argv"][1:] == ["exit", "7"]
    assert said["argv"][0].endswith("forked_program.py")
    assert said["env"] == {"PATH": os.environ["PATH"], "GREETING": "hello"}
    assert said["open"] == [0, 1, 2]
    # What the tests' own parent ignores, such as the interrupts of a job in the background, is ignored there too.
    ignored = [number for number in (1, 2, 13, 15, 17) if signal.getsignal(number) == signal.SIG_IGN]
    assert (said["main"], said["ignored"], said["blocked"]) == ("__main__", ignored, [])


def test_its_end_by_a_signal_is_reported_as_popen_does(yard):
    process = yard.start("stay")
    process.said()
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait() == -signal.SIGTERM
    process.send_signal(signal.SIGTERM)


def test_it_has_the_title_of_what_it_runs(yard):
    process = yard.start("stay")
    process.said()
    assert f"-m {PROGRAM} stay" in psutil.Process(process.pid).cmdline()[0]


def test_it_inherits_the_given_descriptors_and_no_others(yard):
    reading, writing = os.pipe()
    process = yard.start("breathe", inherits={"GRACE_PULSE": writing})
    said = process.said()
    os.close(writing)
    assert os.read(reading, 1) == b"."
    assert len(said["open"]) == 4
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert os.read(reading, 1) == b"", "somebody else still holds the writing end"
    os.close(reading)


def test_many_at_once_each_end_as_they_should(yard):
    with ThreadPoolExecutor(8) as hands:
        processes = list(hands.map(lambda code: yard.start("exit", str(code)), range(24)))
    assert len({process.pid for process in processes}) == 24
    assert [process.wait() for process in processes] == list(range(24))


def test_what_is_no_module_of_python_is_executed(yard):
    process = yard.forking.start(Command(argv=["/bin/sh", "-c", "exit 3"], log=yard.folder / "sh.log"), {})
    assert not isinstance(process, Forked)
    assert process.wait() == 3


def test_a_killed_server_takes_its_processes_along_and_the_next_one_starts(yard):
    first = yard.start("stay")
    first.said()
    yard.server().kill()
    assert first.wait() == UNTOLD
    assert yard.start("exit", "5").wait() == 5
    yard.forking.wait_loaded(within=20)
    later = yard.start("exit", "6")
    assert isinstance(later, Forked), "no server took the place of the killed one"
    assert later.wait() == 6


@pytest.mark.fleet
def test_a_frozen_server_blocks_no_start_and_carries_out_nothing_afterwards(yard):
    living, ending = yard.start("stay"), yard.start("stay")
    living.said()
    ending.said()
    server = yard.server()
    server.suspend()
    ending.send_signal(signal.SIGKILL)
    # A zombie until its server can reap it, but ended.
    assert until(ending.poll, within=5) == UNTOLD
    with ThreadPoolExecutor(6) as hands:
        began = time.monotonic()
        processes = list(hands.map(lambda code: yard.start("exit", str(code)), range(6)))
    assert time.monotonic() - began < 8, "each waited for the server by itself"
    assert [process.wait() for process in processes] == list(range(6))
    assert living.poll() is None
    server.resume()
    until(lambda: [one.pid for one in server.children()] == [living.pid], within=5)
    living.send_signal(signal.SIGKILL)
    assert living.wait() == -signal.SIGKILL


def test_what_asks_the_whole_tree_to_stop_politely_does_not_kill_it(yard):
    process = yard.start("stay")
    process.said()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        yard.server().send_signal(number)
    assert yard.start("exit", "3").wait() == 3
    assert process.poll() is None


def test_a_signal_right_after_the_start_is_obeyed(yard):
    for _ in range(20):
        process = yard.start("stay")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == -signal.SIGTERM


def test_many_waiters_for_one_end_all_get_it_and_close_nothing_of_others(yard):
    for _ in range(10):
        process = yard.start("exit", "77")
        with ThreadPoolExecutor(6) as hands:
            assert set(hands.map(lambda _, process=process: process.wait(), range(6))) == {77}
        process.end_group()
        assert process.poll() == 77


def test_what_it_leaves_behind_of_its_group_is_killed(yard):
    process = yard.start("leave")
    left = psutil.Process(process.said()["left"])
    assert process.wait() == 0
    until(lambda: not left.is_running() or left.status() == psutil.STATUS_ZOMBIE, within=5)


@pytest.mark.parametrize("blow", ["kill", "suspend"])
def test_nor_does_a_lost_server_leave_it_behind(yard, blow):
    process = yard.start("parent")
    left = psutil.Process(process.said()["left"])
    getattr(yard.server(), blow)()
    os.kill(process.pid, signal.SIGKILL) if blow == "suspend" else None
    assert process.wait(10) == UNTOLD
    process.end_group()
    until(lambda: not left.is_running() or left.status() == psutil.STATUS_ZOMBIE, within=5)


def test_a_server_that_does_not_load_is_replaced_and_blocks_no_start(tmp_path):
    yard = Yard(tmp_path, wait=False)
    yard.server().suspend()
    yard.forking.wait_loaded(within=0.5)
    assert not isinstance(yard.start("exit", "3"), Forked)
    yard.forking.wait_loaded(within=20)
    assert isinstance(yard.start("exit", "4"), Forked)
    assert [one.wait() for one in yard.started] == [3, 4]
    yard.close()


def test_an_environment_of_any_size_is_handed_over(yard):
    env = {f"WORD_{number}": "x" * 60_000 for number in range(20)}
    process = yard.start("exit", "0", **env)
    assert isinstance(process, Forked)
    assert process.wait() == 0
    assert process.said()["env"] == {"PATH": os.environ["PATH"], **env}


def test_a_log_that_cannot_be_opened_is_no_fault_of_the_server(yard):
    taken = yard.folder / "taken"
    taken.mkdir()
    for _ in range(4):
        with pytest.raises(OSError, match="taken"):
            yard.forking.start(Command(argv=module_argv(PROGRAM, "exit", "0"), log=taken), {})
    assert isinstance(yard.start("exit", "0"), Forked)


def test_a_server_that_is_lost_again_and_again_is_given_up(yard):
    for _ in range(3):
        yard.server().kill()
        assert yard.start("exit", "5").wait() == 5
        yard.forking.wait_loaded(within=20)
    assert not isinstance(yard.start("exit", "0"), Forked)
    yard.started[-1].wait()


def test_a_child_that_ends_at_once_is_noticed_and_restarted(yard):
    child = Child(name="one", command=lambda: yard.command("exit", "9"), ready=lambda: False)

    def slow(command, inherits):
        process = yard.forking.start(command, inherits)
        until(lambda: not psutil.pid_exists(process.pid), within=5)
        return process

    supervisor = Supervisor([child], start=slow)
    supervisor.start()
    try:
        until(lambda: supervisor.states["one"].restarts >= 2, within=15)
        assert "exit code 9" in supervisor.states["one"].trouble
    finally:
        supervisor.stop(at_once=True)


@pytest.mark.fleet
def test_felled_children_are_ended_too_when_the_exit_status_is_unknown(yard):
    fenced = Child(name="control", command=lambda: yard.command("stay"), ready=lambda: True, fells={77: ["pool"]})
    pool = Child(name="pool", command=lambda: POOL, ready=lambda: True)
    supervisor = Supervisor([pool, fenced], start=yard.forking.start)
    supervisor.start()
    try:
        supervisor.wait_ready(within=15)
        before = supervisor.states["pool"].pid
        yard.server().suspend()
        os.kill(supervisor.states["control"].pid, signal.SIGKILL)
        until(lambda: supervisor.states["pool"].pid not in {None, before}, within=10)
        assert "ended with unknown exit status" in supervisor.states["control"].trouble
    finally:
        supervisor.stop(at_once=True)


def test_waiting_for_the_load_ends_with_the_server(tmp_path):
    forking = Forking(["no_such_module"], tmp_path / "server.log")
    forking.begin()
    began = time.monotonic()
    forking.wait_loaded(within=60)
    assert time.monotonic() - began < 30
    assert "no_such_module" in (tmp_path / "server.log").read_text()
    forking.close()


def test_code_that_begins_threads_is_not_forked_but_executed(tmp_path):
    yard = Yard(tmp_path, ["tests.integration.process.begins_a_thread"])
    process = yard.start("exit", "4")
    assert process.wait() == 4
    assert not process.said()["loaded"]
    assert "starts 1 threads when it is imported" in (tmp_path / "server.log").read_text()
    yard.close()


def test_a_process_dies_with_its_node_however_that_dies(tmp_path):
    parent = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.process.forking_parent", str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    forked = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    until(lambda: not forked.is_running() or forked.status() == psutil.STATUS_ZOMBIE, within=5)


def test_a_supervised_child_restarts_when_it_or_its_server_is_killed(yard):
    child = Child(name="one", command=lambda: yard.command("stay"), ready=lambda: True)
    supervisor = Supervisor([child], start=yard.forking.start)
    supervisor.start()
    try:
        supervisor.wait_ready(within=15)
        lost = supervisor.states["one"].pid
        os.kill(lost, signal.SIGKILL)
        until(lambda: supervisor.states["one"].pid not in {None, lost} and supervisor.is_ready(), within=5)
        assert "signal 9" in supervisor.states["one"].trouble
        lost = supervisor.states["one"].pid
        yard.server().kill()
        until(lambda: supervisor.states["one"].pid not in {None, lost} and supervisor.is_ready(), within=10)
    finally:
        supervisor.stop(at_once=True)
