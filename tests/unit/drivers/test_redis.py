import gc
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from redis import ConnectionError, Redis  # noqa: A004

from grace_workers.actions import (
    CacheKeys,
    CacheServer,
    ClientSessions,
    DataSnapshots,
    ParkedMessages,
    SafePoints,
    WorkQueue,
)
from grace_workers.adapters.embedded import EmbeddedValkey
from grace_workers.drivers.redis import DEFINITION
from grace_workers.foundation.errors import InputError, TransientError
from tests.celery_messages import fill
from tests.conformance.roles.implementations import Place
from tests.conformance.roles.safe_point_stands import Stand, redis_stand
from tests.conformance.roles.session_stands import Sessions

NEEDS_SERVERS = True


@contextmanager
def served(place: Place) -> Iterator[tuple[str, Redis]]:
    server = EmbeddedValkey(place.folder / "valkey", durable=False)
    server.start()
    try:
        with Redis.from_url(server.url) as client:
            yield server.url, client
    finally:
        server.stop()


@contextmanager
def work_queue(place: Place) -> Iterator[tuple[WorkQueue, Callable[[str, int], None]]]:
    with served(place) as (url, client):
        role: WorkQueue = place.open(DEFINITION, url=url)[WorkQueue]
        yield role, lambda queue, count: client.rpush(queue, *range(count)) and None


@contextmanager
def cache_keys(place: Place) -> Iterator[tuple[CacheKeys, Callable[[str, str], None]]]:
    with served(place) as (url, client):
        role: CacheKeys = place.open(DEFINITION, url=url, cache_prefixes=["page:", "item:"])[CacheKeys]
        yield role, lambda name, value: client.set(name, value) and None


@contextmanager
def parked_messages(place: Place) -> Iterator[ParkedMessages]:
    with served(place) as (url, _):
        fill(url)
        yield place.open(DEFINITION, url=url, parking={"tasks": ["shop.mail"]})[ParkedMessages]


@contextmanager
def cache_server(place: Place) -> Iterator[CacheServer]:
    with served(place) as (url, _):
        yield place.open(DEFINITION, url=url)[CacheServer]


@contextmanager
def data_snapshots(place: Place) -> Iterator[tuple[DataSnapshots, Callable[[bool], None]]]:
    with served(place) as (url, client):
        file = place.folder / "valkey" / "files" / "dump.rdb"

        def bar(barred: bool) -> None:
            if barred:
                file.unlink(missing_ok=True)
                file.mkdir()
            else:
                file.rmdir()

        client.set("order", "bread")
        yield place.open(DEFINITION, url=url)[DataSnapshots], bar


@contextmanager
def client_sessions(place: Place) -> Iterator[Sessions]:
    with served(place) as (url, _), ExitStack() as stack:

        def begin(*, in_transaction: bool) -> Callable[[], object]:
            client = stack.enter_context(Redis.from_url(url, client_name="shop", single_connection_client=True))
            client.execute_command("MULTI" if in_transaction else "PING")
            return lambda: client.execute_command("PING")

        def cut(use: Callable[[], object]) -> bool:
            try:
                use()
            except ConnectionError:
                return True
            return False

        yield Sessions(place.open(DEFINITION, url=url)[ClientSessions], begin, cut)


@pytest.mark.servers
def test_ending_one_of_many_connections_does_not_list_them_all(tmp_path: Path) -> None:
    place = Place(tmp_path, str)
    with served(place) as (url, admin), ExitStack() as stack:
        sessions = place.open(DEFINITION, url=url)[ClientSessions]
        for _ in range(100):
            stack.enter_context(Redis.from_url(url, single_connection_client=True)).ping()
        chosen = sessions.idle(timedelta(0), in_transaction=False)[0]
        before = admin.info("stats")["total_net_output_bytes"]
        assert sessions.end(chosen)
        assert admin.info("stats")["total_net_output_bytes"] - before < 20_000


@pytest.mark.parametrize("url", ["http://shop", "127.0.0.1:6379", "postgresql://someone@127.0.0.1/x"])
def test_a_url_of_another_protocol_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(InputError, match="not the address of a Redis server"):
        Place(tmp_path, str).open(DEFINITION, url=url)


def test_a_server_that_is_not_there_may_be_there_later_and_no_password_is_shown(tmp_path: Path) -> None:
    queues = Place(tmp_path, str).open(DEFINITION, url="redis://someone:hunter2@127.0.0.1:1/0")[WorkQueue]
    with pytest.raises(TransientError) as caught:
        queues.length("celery")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("prefixes", [[], [""], ["page:\n"], ["x" * 201]])
def test_prefixes_that_would_open_the_whole_database_are_refused(tmp_path: Path, prefixes: list[str]) -> None:
    with pytest.raises(InputError, match="cache_prefixes"):
        Place(tmp_path, str).open(DEFINITION, url="redis://127.0.0.1:1/0", cache_prefixes=prefixes)


@pytest.mark.parametrize("key", ["../../etc/passwd", "", "a/b", "a\n"])
def test_a_stash_key_that_is_a_path_is_refused(tmp_path: Path, key: str) -> None:
    opened = Place(tmp_path, str).open(DEFINITION, url="redis://127.0.0.1:1/0", cache_prefixes=["page:"])
    with pytest.raises((InputError, TransientError)):
        opened[CacheKeys].remove(key)


@pytest.fixture(scope="module")
def calm() -> Iterator[None]:
    """Collect no garbage at the depth of a nested message, where what others left behind cannot be finalized."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(scope="module")
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Redis]]:
    with served(Place(tmp_path_factory.mktemp("mailbox"), str)) as found:
        yield found


@pytest.mark.servers
@pytest.mark.usefixtures("calm")
@pytest.mark.parametrize(
    "raw",
    [
        *(b"", b"\xff", b"[1, 2]", b"{}", b"[" * 100_000, b"x" * 1000),
        *(b'{"headers": null}', b'{"headers": {"task": 1}}', b'{"headers": {"task": "a", "expires": "soon"}}'),
        b'{"headers": {"task": "a", "expires": 1e999}}',
    ],
    ids=range(10),
)
def test_a_hostile_message_is_malformed_and_can_be_parked(
    mailbox: tuple[str, Redis], tmp_path: Path, raw: bytes
) -> None:
    url, client = mailbox
    client.flushdb()
    client.lpush("mail", raw)
    role = Place(tmp_path, str).open(DEFINITION, url=url, parking={})[ParkedMessages]
    (found,) = role.waiting("mail", most=10)
    assert (found.task, found.fault) == ("", "malformed")
    assert role.park("mail", [found.id], most=10) == 1
    assert client.lrange("grace.parked.mail", 0, -1) == [raw]


@contextmanager
def safe_points(place: Place) -> Iterator[Stand]:
    with redis_stand(place.folder) as (connection, look, change):
        yield Stand(lambda: place.open(DEFINITION, **connection)[SafePoints], look, change)
