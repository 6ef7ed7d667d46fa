"""A child that gets no processor, or works, is distinguished from one that hangs: by facts, then on real processes."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta

import psycopg
import pytest
import redis

from grace_workers.adapters.embedded.place import free_port
from grace_workers.adapters.process.child import Child, StopStep
from grace_workers.adapters.process.exertion import Exertion, Spent, Thread, judged, threads_of
from grace_workers.adapters.process.liveness import Liveness
from grace_workers.adapters.process.selftest import SelfTest, SelfTestAnswer
from grace_workers.adapters.process.spawn import Command
from grace_workers.adapters.process.supervisor import Supervisor
from grace_workers.fleet import Leave, WatchdogTimeouts, judge
from tests.waiting import let_pass, until

ON_ONE = "import os; os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})"
SPIN = "while True: pass"
IDLE = Spent(idle=0.1, busy=0.0)
QUICK = (StopStep(signal=signal.SIGTERM, seconds=0.3),)
WAITING = Spent(idle=0.0, busy=0.0)


@contextmanager
def spinning(count: int) -> Iterator[list[int]]:
    """Programs that want all of one processor, so that others run on the rest."""
    with ExitStack() as stack:
        running = []
        for _ in range(count):
            process = subprocess.Popen([sys.executable, "-S", "-c", f"{ON_ONE}\n{SPIN}"])
            stack.callback(process.wait)
            stack.callback(process.kill)
            running.append(process.pid)
        yield running


def thread(ran: float = 1.0, queued: float = 1.0, state: str = "S") -> Thread:
    return Thread(ran=ran, queued=queued, state=state)


@pytest.mark.parametrize(
    ("before", "after", "spent"),
    [
        pytest.param(thread(), thread(), IDLE, id="asleep"),
        pytest.param(thread(), thread(queued=1.1), WAITING, id="queued all the while"),
        pytest.param(thread(), thread(queued=1.06, ran=1.04), Spent(idle=0.0, busy=0.04), id="queued and worked"),
        pytest.param(thread(), thread(ran=1.1, state="R"), Spent(idle=0.0, busy=0.1), id="worked"),
        pytest.param(thread(), thread(ran=1.001), IDLE, id="did its upkeep"),
        pytest.param(thread(state="R"), thread(state="R"), WAITING, id="throttled or never scheduled"),
        pytest.param(thread(), thread(state="D"), WAITING, id="at a disk"),
    ],
)
def test_only_idle_time_speaks_against_a_child(before, after, spent):
    found = judged(0.1, {"1/1": before}, {"1/1": after})
    assert (round(found.idle, 6), round(found.busy, 6)) == (spent.idle, spent.busy)


def test_a_session_born_meanwhile_that_waits_for_a_processor_speaks_for_its_server():
    assert judged(0.1, {"1/1": thread()}, {"1/1": thread(), "2/2": thread(ran=0.0, queued=0.1)}) == WAITING


def test_that_we_wait_for_a_processor_ourselves_speaks_for_the_child():
    own = ({"9/9": thread()}, {"9/9": thread(queued=1.1)})
    assert judged(0.1, {"1/1": thread()}, {"1/1": thread()}, own) == WAITING


def test_the_time_a_thread_waits_for_a_processor_is_seen():
    with spinning(3) as running:
        first = running[0]
        until(lambda: max((one.queued for one in threads_of(first).values()), default=0.0) > 0.1, within=10)


def test_a_process_that_is_gone_spends_nothing():
    process = subprocess.Popen([sys.executable, "-S", "-c", ""])
    process.wait()
    assert threads_of(process.pid) == {}
    assert Exertion(process.pid).spent(0.1) == WAITING


def test_a_late_answer_counts_as_none_however_often_it_is_asked_again():
    process = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(60)"])
    try:
        liveness = Liveness(process.pid, None)
        liveness.hear(SelfTestAnswer(passed=True))
        for tenth in range(20):
            liveness.hear(SelfTestAnswer(passed=False, late=True))
            liveness.look(tenth / 10, test_under_way=False, needs_ready=True)
        assert liveness.signs.unanswered > timedelta(seconds=0.75)
        assert liveness.signs.failing == timedelta()
        liveness.hear(SelfTestAnswer(passed=True))
        liveness.look(2.0, test_under_way=False, needs_ready=True)
        assert liveness.signs.unanswered == timedelta()
    finally:
        process.kill()
        process.wait()


def test_a_self_test_that_runs_out_of_time_has_no_answer():
    def check() -> bool:
        raise TimeoutError("within 2 s")

    test = SelfTest(check)
    test.ask()
    assert until(test.answer, within=5) == SelfTestAnswer(
        passed=False, late=True, trouble="self-test: no answer: within 2 s"
    )


def test_a_self_test_without_an_excuse_that_could_be_asked_for_has_failed():
    def excuse() -> str | None:
        raise ValueError("an odd server")

    test = SelfTest(lambda: False, excuse)
    for _ in range(2):
        test.ask()
        assert until(test.answer, within=5) == SelfTestAnswer(passed=False, trouble="self-test: an odd server")


def test_a_silent_child_that_works_is_left_alone_and_one_that_sleeps_is_not(tmp_path):
    with spinning(1) as (busy,):
        idle = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(60)"])
        try:
            found = {pid: Liveness(pid, None) for pid in (busy, idle.pid)}
            for one in found.values():
                one.hear(SelfTestAnswer(passed=True))
            steps = iter(range(10_000))

            def looked() -> bool:
                now = next(steps) * 0.1
                let_pass(0.02)
                for one in found.values():
                    one.look(now, test_under_way=True, needs_ready=True)
                return not isinstance(judge(found[idle.pid].signs, WatchdogTimeouts()), Leave)

            until(looked, within=30)
            assert isinstance(judge(found[busy].signs, WatchdogTimeouts()), Leave)
        finally:
            idle.kill()
            idle.wait()


# It answers each question after a tenth of a second of work, which takes it half a minute among many others.
LABOURS = f"""
{ON_ONE}
import socket, sys, time
os.nice(19)
served = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    with served.accept()[0] as asker:
        began = time.process_time()
        while time.process_time() - began < 0.1: pass
        asker.sendall(b"done")
"""


@pytest.mark.fleet
def test_a_server_that_has_no_processor_to_answer_with_is_left_alone(tmp_path):
    port = free_port()
    asked: list[float] = []

    def ready() -> bool:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
            asked.append(time.monotonic())
            return line.recv(4) == b"done"

    command = Command(argv=[sys.executable, "-S", "-c", LABOURS, str(port)], log=tmp_path / "log")
    supervisor = Supervisor([Child(name="one", command=lambda: command, ready=ready, stop=QUICK)])
    supervisor.start()
    try:
        supervisor.wait_ready(within=30)
        first = supervisor.states["one"].pid
        with spinning(5):
            # A question stays unanswered for more than twice the tolerated time.
            until(lambda: time.monotonic() - asked[-1] > 5 or supervisor.states["one"].restarts, within=60)
        assert (supervisor.states["one"].pid, supervisor.states["one"].restarts) == (first, 0)
    finally:
        supervisor.stop(at_once=True)


@pytest.mark.servers
def test_a_database_server_that_is_full_recovers_or_is_late_is_not_said_to_be_broken(own_postgres):
    with ExitStack() as stack, psycopg.connect(own_postgres.url_of("postgres"), autocommit=True) as session:
        assert own_postgres.is_ready()
        most = int(session.execute("SHOW max_connections").fetchone()[0])
        with suppress(psycopg.OperationalError):
            for _ in range(most):
                stack.enter_context(psycopg.connect(own_postgres.url))
        with pytest.raises(psycopg.OperationalError, match=r"too many clients|remaining connection slots"):
            psycopg.connect(own_postgres.url)
        assert own_postgres.is_ready()


@pytest.mark.servers
def test_a_broker_that_is_full_of_clients_is_alive(own_valkey):
    with redis.Redis.from_url(own_valkey.url) as client:
        assert own_valkey.is_ready()
        client.config_set("maxclients", 1)
        assert own_valkey.is_ready()


@pytest.mark.servers
@pytest.mark.parametrize("server", ["own_postgres", "own_valkey"])
def test_a_server_that_is_stopped_gives_no_answer_and_does_not_say_no(server, request):
    stopped = request.getfixturevalue(server)
    assert stopped.is_ready()
    os.kill(stopped.pid, signal.SIGSTOP)
    try:
        with pytest.raises(TimeoutError):
            stopped.is_ready()
    finally:
        os.kill(stopped.pid, signal.SIGCONT)
