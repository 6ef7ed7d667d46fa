"""Breakers and rates against real failures, and across two processes' boards."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine

from grace_workers import checks
from grace_workers.actions import HttpProbe, Ownership, SqlConsole, Target
from grace_workers.adapters.celery import DoorbellPublisher
from grace_workers.adapters.embedded.place import free_port
from grace_workers.adapters.guard import BreakerRegistry, Guard, Guarded, Limits
from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.fleet.breakers import PostgresBoard, open_breakers
from grace_workers.checks import Check
from grace_workers.foundation.breaker import BreakerPolicy, BreakerState, Rate
from grace_workers.foundation.catalog import discover
from grace_workers.foundation.errors import NotFoundError, ThrottledError, TransientError
from grace_workers.foundation.ids import TargetKind, TargetName
from grace_workers.testing import FakeClock, MemoryDatabase
from tests.targets import world_of
from tests.waiting import until

SHOP = TargetName("shop")
TIMEOUT = timedelta(seconds=2)


class Hangup(BaseHTTPRequestHandler):
    """A server that counts its callers, and hangs up without a word while it is ill."""

    calls = 0
    ill = True

    def do_GET(self) -> None:
        type(self).calls += 1
        if self.ill:
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Log nothing."""


@contextmanager
def ill_server() -> Iterator[tuple[str, type[Hangup]]]:
    kind = type("Ill", (Hangup,), {"calls": 0, "ill": True})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", kind
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def target(kind: TargetKind, **connection: str) -> Target:
    return Target(name=SHOP, kind=kind, owner=Ownership.INTERNAL, connection=connection)


def exhaust(guard: Guard, failures: int = 5) -> None:
    for _ in range(failures):
        with pytest.raises(TransientError), guard.call():
            raise TransientError("no answer")


def test_a_service_that_hangs_up_is_asked_less_and_less_until_it_recovers(tmp_path: Path):
    pauses: list[float] = []
    clock = FakeClock()

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        clock.advance(timedelta(seconds=seconds))

    with ill_server() as (url, server):
        guards = BreakerRegistry(clock=clock, pause=pause)
        probe = world_of({SHOP: target(TargetKind("http"), url=url)}, tmp_path, guards).role(SHOP, HttpProbe)
        for _ in range(10):
            assert probe.get("/", TIMEOUT)[0] == 0
        assert server.calls == 10
        assert len(pauses) == 5  # one before each call after the fifth
        assert all(0.5 <= one <= 1.002 for one in pauses)
        server.ill = False
        assert probe.get("/", TIMEOUT)[0] == 200
        assert probe.get("/", TIMEOUT)[0] == 200
        assert len(pauses) == 6


def test_an_unreachable_database_is_not_asked_while_its_breaker_is_open(tmp_path: Path):
    clock = FakeClock()
    url = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    world = world_of({SHOP: target(TargetKind("postgres"), url=url)}, tmp_path, BreakerRegistry(clock=clock))
    console = world.role(SHOP, SqlConsole)
    for _ in range(5):
        with pytest.raises(TransientError, match="does not answer"):
            console.lock_waiters()
    with pytest.raises(TransientError, match="failed 5 times in a row") as refused:
        console.lock_waiters()
    assert refused.value.retry_after is not None
    clock.advance(refused.value.retry_after)
    with pytest.raises(TransientError, match="does not answer"):
        console.lock_waiters()


def test_a_refusal_is_an_answer_and_opens_nothing():
    guards = BreakerRegistry(clock=FakeClock())
    guard = guards.of("flags", Limits())
    for _ in range(20):
        with pytest.raises(NotFoundError), guard.call():
            raise NotFoundError("no such flag")
    assert guard.status.state is BreakerState.CLOSED


def test_a_target_is_asked_no_more_often_than_its_rate():
    clock = FakeClock()
    guard = BreakerRegistry(clock=clock).of("shop", Limits(rate=Rate(per_second=2.0, burst=3)))
    for _ in range(3):
        with guard.call():
            pass
    with pytest.raises(ThrottledError, match="more than 2 times a second") as refused, guard.call():
        pass
    assert refused.value.retry_after == timedelta(seconds=0.501)
    assert guard.status.failures == 0


def test_a_server_that_we_ask_too_often_is_not_read_as_down():
    guard = BreakerRegistry(clock=FakeClock()).of("shop", Limits(rate=Rate(per_second=1.0, burst=1)))
    check = discover(checks, Check, label="check")["database_answers"]
    asked = Guarded(MemoryDatabase(), guard)
    assert check.probe(asked, check.params()) == 1.0
    with pytest.raises(ThrottledError):
        check.probe(asked, check.params())


@pytest.mark.servers
def test_an_unreachable_broker_is_left_alone_and_rung_again_soon(own_valkey):
    clock = FakeClock()
    guards = BreakerRegistry(clock=clock)
    publisher = DoorbellPublisher(own_valkey.url, guards=guards)
    publisher.depths()
    own_valkey.stop()
    for _ in range(5):
        with pytest.raises(TransientError, match="cannot count the broker"):
            publisher.depths()
    with pytest.raises(TransientError, match="no calls are made for a while") as refused:
        publisher.depths()
    assert not isinstance(refused.value, ThrottledError)
    assert refused.value.retry_after <= timedelta(seconds=0.501)
    own_valkey.start()
    clock.advance(refused.value.retry_after)
    publisher.depths()
    assert [one.state for one in guards.statuses()] == [BreakerState.CLOSED]
    publisher.close()


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(database_url)
    yield made
    made.dispose()


@pytest.mark.servers
def test_the_fleet_sees_an_open_breaker_of_every_process_until_it_closes(engine: Engine):
    slow, clock = Limits(policy=BreakerPolicy(first=timedelta(hours=1), longest=timedelta(hours=1))), FakeClock()
    guards = [
        BreakerRegistry(clock=clock, board=PostgresBoard(engine, "alice", lambda number=number: f"worker-{number}"))
        for number in range(2)
    ]
    for one in guards:
        exhaust(one.of("target:shop", slow))
    until(lambda: len(open_breakers(engine)) == 2, within=10)
    assert {(one.name, one.process, one.failures) for one in open_breakers(engine)} == {
        ("target:shop", "worker-0", 5),
        ("target:shop", "worker-1", 5),
    }

    clock.advance(timedelta(hours=1))

    for one in guards:
        with one.of("target:shop", slow).call():
            pass
    until(lambda: open_breakers(engine) == [], within=10)


@pytest.mark.servers
def test_breakers_of_a_process_that_has_ended_are_not_shown(engine: Engine, database_url: str):
    exhaust(BreakerRegistry(board=PostgresBoard(engine, "alice", lambda: "worker-1")).of("broker", Limits()))
    until(lambda: open_breakers(engine), within=10)
    with psycopg.connect(database_url) as session:
        session.execute("INSERT INTO breakers (instance, process, name, state, failures, openings, seen_at) "
                        "VALUES ('bob', 'worker-9', 'broker', 'open', 5, 1, now() - interval '1 minute')")  # fmt: skip
    assert [one.process for one in open_breakers(engine)] == ["worker-1"]
