from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis

from grace_workers.actions import WorkQueue
from grace_workers.adapters.embedded import EmbeddedValkey
from grace_workers.drivers.redis import DEFINITION
from grace_workers.foundation.errors import InputError, TransientError
from tests.conformance.roles.implementations import Place

NEEDS_SERVERS = True


@contextmanager
def work_queue(place: Place) -> Iterator[tuple[WorkQueue, Callable[[str, int], None]]]:
    server = EmbeddedValkey(place.folder / "valkey", durable=False)
    server.start()
    try:
        with Redis.from_url(server.url) as client:
            role: WorkQueue = place.open(DEFINITION, url=server.url)[WorkQueue]
            yield role, lambda queue, count: client.rpush(queue, *range(count)) and None
    finally:
        server.stop()


@pytest.mark.parametrize("url", ["http://shop", "127.0.0.1:6379", "postgresql://someone@127.0.0.1/x"])
def test_a_url_of_another_protocol_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(InputError, match="not the address of a Redis server"):
        Place(tmp_path, str).open(DEFINITION, url=url)


def test_a_server_that_is_not_there_may_be_there_later_and_no_password_is_shown(tmp_path: Path) -> None:
    queues = Place(tmp_path, str).open(DEFINITION, url="redis://someone:hunter2@127.0.0.1:1/0")[WorkQueue]
    with pytest.raises(TransientError) as caught:
        queues.length("celery")
    assert "hunter2" not in str(caught.value)
