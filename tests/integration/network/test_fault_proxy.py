"""The fault proxy over real sockets: healthy, it changes nothing; each fault does what it says and ends when healed."""

import random
import socket
import threading
import time
from contextlib import contextmanager
from datetime import timedelta

import psutil
import psycopg
import pytest
import redis
from hypothesis import given, settings
from hypothesis import strategies as st

from grace_workers.foundation.errors import ConflictError, InputError, PermanentError
from tests.faults import HELD, Direction, FaultProxy, Passage
from tests.integration.network.wires import echo, hear_out, read_all, read_exactly, server
from tests.waiting import until

QUIET = 0.3


@pytest.fixture(scope="module")
def echoing():
    with server(echo) as address:
        yield address


@pytest.fixture(scope="module")
def healthy(echoing):
    with FaultProxy(echoing) as proxy:
        yield proxy


@pytest.fixture
def proxy(echoing):
    with FaultProxy(echoing, chance=random.Random(7)) as proxy:
        yield proxy


@contextmanager
def dialled(proxy, within=5.0):
    with socket.create_connection(proxy.address, timeout=within) as wire:
        yield wire


def silent(wire) -> bool:
    """Return whether nothing comes for a while."""
    wire.settimeout(QUIET)
    try:
        return wire.recv(1, socket.MSG_PEEK) is None
    except TimeoutError:
        return True
    finally:
        wire.settimeout(5)


def pump(wire, pieces) -> None:
    for piece in pieces:
        wire.sendall(piece)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=3000), max_size=12))
def test_everything_sent_arrives_byte_for_byte_in_pieces_of_any_size(healthy, pieces):
    with dialled(healthy) as wire:
        sender = threading.Thread(target=pump, args=(wire, pieces))
        sender.start()
        assert read_exactly(wire, len(b"".join(pieces))) == b"".join(pieces)
        sender.join()
        wire.shutdown(socket.SHUT_WR)
        assert wire.recv(1) == b""


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.binary(min_size=1, max_size=400), max_size=8),
    st.floats(0, 0.004),
    st.floats(0, 0.004),
    st.one_of(st.none(), st.integers(200_000, 2_000_000)),
)
def test_a_slow_passage_delivers_the_same_bytes_in_the_same_order(proxy_of_all, pieces, delay, jitter, speed):
    passage = Passage(delay=timedelta(seconds=delay), jitter=timedelta(seconds=jitter), bytes_per_second=speed)
    for direction in Direction:
        proxy_of_all.set(direction, passage)
    with dialled(proxy_of_all) as wire:
        pump(wire, pieces)
        assert read_exactly(wire, len(b"".join(pieces))) == b"".join(pieces)


@pytest.fixture(scope="module")
def proxy_of_all(echoing):
    with FaultProxy(echoing) as proxy:
        yield proxy


def test_megabytes_pass_a_receiver_that_takes_its_time_and_memory_stays_bounded(proxy):
    blob = random.Random(1).randbytes(8_000_000)
    before = psutil.Process().memory_info().rss
    with dialled(proxy) as wire:
        sender = threading.Thread(target=pump, args=(wire, [blob]))
        sender.start()
        until(lambda: proxy.traffic.forwarded[Direction.TO_UPSTREAM] > 100_000, within=5)
        assert psutil.Process().memory_info().rss - before < 30_000_000
        assert read_exactly(wire, len(blob)) == blob
        sender.join()


def test_one_side_may_finish_and_still_hear_the_answer():
    with server(hear_out) as address, FaultProxy(address) as proxy, dialled(proxy) as wire:
        wire.sendall(b"abc" * 50_000)
        wire.shutdown(socket.SHUT_WR)
        assert read_all(wire) == b"cba" * 50_000
        until(lambda: proxy.traffic.alive == 0, within=5)


def test_many_connections_at_once_keep_their_bytes_apart(proxy):
    failed = []

    def converse(number):
        blob = random.Random(number).randbytes(20_000)
        with dialled(proxy) as wire:
            pump(wire, [blob])
            if read_exactly(wire, len(blob)) != blob:
                failed.append(number)

    threads = [threading.Thread(target=converse, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert failed == []
    assert proxy.traffic.accepted == 40
    until(lambda: proxy.traffic.alive == 0, within=5)
    assert set(proxy.traffic.forwarded.values()) == {40 * 20_000}


def test_a_cut_resets_open_connections_and_refuses_new_ones_until_it_heals(proxy):
    with dialled(proxy) as wire:
        wire.sendall(b"before")
        assert read_exactly(wire, 6) == b"before"
        proxy.cut()
        with pytest.raises(ConnectionResetError):
            wire.recv(1)
    with pytest.raises(ConnectionRefusedError), dialled(proxy):
        pass
    assert (proxy.traffic.reset, proxy.traffic.alive) == (1, 0)
    proxy.heal()
    with dialled(proxy) as wire:
        wire.sendall(b"after")
        assert read_exactly(wire, 5) == b"after"


def test_a_blackhole_takes_connections_and_bytes_and_gives_them_back_when_it_heals(proxy):
    with dialled(proxy) as old:
        old.sendall(b"one")
        assert read_exactly(old, 3) == b"one"
        proxy.blackhole()
        old.sendall(b"two")
        with dialled(proxy) as new:
            new.sendall(b"three")
            assert silent(old)
            assert silent(new)
            proxy.heal()
            assert read_exactly(old, 3) == b"two"
            assert read_exactly(new, 5) == b"three"


def test_a_connection_closed_in_a_blackhole_ends_when_it_heals(proxy):
    with dialled(proxy) as wire:
        wire.sendall(b"x")
        assert read_exactly(wire, 1) == b"x"
        proxy.blackhole()
    assert proxy.traffic.alive == 1
    proxy.heal()
    until(lambda: proxy.traffic.alive == 0, within=5)


@pytest.mark.parametrize("direction", list(Direction))
def test_a_half_open_connection_loses_one_direction_only(proxy, direction):
    with dialled(proxy) as wire:
        wire.sendall(b"x")
        assert read_exactly(wire, 1) == b"x"
        before = proxy.traffic.forwarded[Direction.TO_UPSTREAM]
        proxy.half_open(direction)
        wire.sendall(b"yz")
        assert silent(wire)
        passed = proxy.traffic.forwarded[Direction.TO_UPSTREAM] - before
        assert passed == (0 if direction is Direction.TO_UPSTREAM else 2)
        proxy.heal()
        assert read_exactly(wire, 2) == b"yz"


def test_a_delay_holds_every_chunk_each_way(proxy):
    proxy.slow(timedelta(milliseconds=100))
    with dialled(proxy) as wire:
        began = time.monotonic()
        wire.sendall(b"ping")
        assert read_exactly(wire, 4) == b"ping"
        assert time.monotonic() - began >= 0.2


def test_a_throttle_spreads_the_bytes_over_time(proxy):
    proxy.set(Direction.TO_CLIENT, Passage(bytes_per_second=100_000))
    with dialled(proxy) as wire:
        began = time.monotonic()
        pump(wire, [bytes(30_000)])
        assert len(read_exactly(wire, 30_000)) == 30_000
        assert time.monotonic() - began >= 0.25


def test_a_connection_is_reset_after_exactly_the_given_bytes(proxy):
    proxy.set(Direction.TO_UPSTREAM, Passage(reset_after=1000))
    with dialled(proxy) as wire:
        pump(wire, [bytes(5000)])
        with pytest.raises(ConnectionResetError):
            read_all(wire)
    assert proxy.traffic.forwarded[Direction.TO_UPSTREAM] == 1000
    assert proxy.traffic.reset == 1


def test_a_reset_of_the_upstream_reaches_the_client_after_what_it_said():
    def answer_and_slam(wire):
        wire.recv(5)
        wire.sendall(b"last words")
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes([1, 0, 0, 0, 0, 0, 0, 0]))

    with server(answer_and_slam) as address, FaultProxy(address) as proxy, dialled(proxy) as wire:
        wire.sendall(b"hello")
        assert read_exactly(wire, 10) == b"last words"
        with pytest.raises(ConnectionResetError):
            wire.recv(1)


def test_an_unreachable_upstream_resets_the_client():
    with socket.create_server(("127.0.0.1", 0)) as gone:
        address = gone.getsockname()
    with FaultProxy(address) as proxy:
        with pytest.raises(ConnectionResetError), dialled(proxy) as wire:
            wire.recv(1)
        assert proxy.traffic.unreachable == 1


def test_a_close_ends_connections_frees_the_port_and_leaves_no_thread(echoing):
    threads, files = threading.active_count(), psutil.Process().num_fds()
    proxy = FaultProxy(echoing)
    with dialled(proxy) as wire:
        wire.sendall(b"x")
        assert read_exactly(wire, 1) == b"x"
        proxy.close()
        assert wire.recv(1) == b""
    proxy.close()
    until(lambda: threading.active_count() <= threads, within=5)
    until(lambda: psutil.Process().num_fds() <= files, within=5)
    with socket.create_server(proxy.address), pytest.raises(PermanentError, match="has ended"):
        proxy.cut()


def test_a_port_in_use_is_refused_in_one_sentence(echoing, proxy):
    with pytest.raises(ConflictError, match="cannot listen on"):
        FaultProxy(echoing, listen=proxy.address)


def test_a_cut_proxy_whose_port_was_taken_says_so_and_can_be_closed(echoing):
    with FaultProxy(echoing) as proxy:
        proxy.cut()
        with socket.create_server(proxy.address), pytest.raises(ConflictError, match="cannot listen on"):
            proxy.heal()
        proxy.heal()
        with dialled(proxy) as wire:
            wire.sendall(b"x")
            assert read_exactly(wire, 1) == b"x"


def test_an_address_that_names_nothing_is_refused():
    with pytest.raises(InputError, match="no-such-host"):
        FaultProxy(("no-such-host.invalid", 1))


@pytest.mark.servers
def test_redis_and_postgresql_speak_through_it(valkey_server, postgres_server, migrated_template):
    broker = redis.connection.parse_url(valkey_server.url)
    database = psycopg.conninfo.conninfo_to_dict(postgres_server.url_of(migrated_template))
    with FaultProxy((broker["host"], broker["port"])) as proxy:
        there = {"host": proxy.address[0], "port": proxy.address[1], "socket_timeout": 0.3, "retry": None}
        with redis.Redis(**{**broker, **there}) as client:
            assert client.ping()
            proxy.set(Direction.TO_CLIENT, HELD)
            with pytest.raises(redis.TimeoutError):
                client.ping()
            proxy.heal()
            assert client.ping()
    with FaultProxy((database["host"], int(database["port"]))) as proxy:
        there = {"host": proxy.address[0], "port": str(proxy.address[1])}
        with psycopg.connect(**{**database, **there}) as session:
            found = session.execute("SELECT sum(length(repeat('x', 1000))) FROM generate_series(1, 2000)").fetchone()
            assert found == (2_000_000,)
            proxy.cut()
            with pytest.raises(psycopg.OperationalError):
                session.execute("SELECT 1")
