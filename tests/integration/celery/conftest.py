"""What the tests of real workers ring with, and where those workers record what they did."""

from collections.abc import Iterator

import pytest
import redis

from grace_workers.adapters.celery import DoorbellPublisher


@pytest.fixture
def journal(broker_url: str) -> Iterator[redis.Redis]:
    """The broker itself: the recording application's tasks count themselves there."""
    with redis.Redis.from_url(broker_url) as client:
        yield client


@pytest.fixture
def doorbells(broker_url: str) -> Iterator[DoorbellPublisher]:
    """A publisher on that broker."""
    publisher = DoorbellPublisher(broker_url)
    yield publisher
    publisher.close()
