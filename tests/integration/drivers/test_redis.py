"""Queues on a real server, as Celery fills them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery
from redis import Redis

from grace_workers.actions import WorkQueue
from grace_workers.adapters.embedded import EmbeddedValkey
from grace_workers.drivers.redis import DEFINITION
from grace_workers.foundation.errors import PermanentError
from tests.conformance.roles.implementations import Place

pytestmark = pytest.mark.servers


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedValkey]:
    made = EmbeddedValkey(tmp_path / "valkey", durable=False)
    made.start()
    yield made
    made.stop()


def test_a_celery_queue_is_counted_with_all_its_priorities(server: EmbeddedValkey, tmp_path: Path) -> None:
    app = Celery("shop", broker=server.url)
    for priority in (0, 3, 6, 9):
        app.send_task("mail.send", queue="mail", priority=priority)
    app.close()
    assert Place(tmp_path, str).open(DEFINITION, url=server.url)[WorkQueue].length("mail") == 4


def test_a_key_that_is_no_list_is_told(server: EmbeddedValkey, tmp_path: Path) -> None:
    with Redis.from_url(server.url) as client:
        client.set("mail", "x")
    with pytest.raises(PermanentError, match="cannot be read as a list"):
        Place(tmp_path, str).open(DEFINITION, url=server.url)[WorkQueue].length("mail")
