from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from grace_workers.actions import Consumers
from grace_workers.drivers.celery import DEFINITION
from grace_workers.foundation.errors import InputError, TransientError
from tests.conformance.roles.implementations import Place
from tests.foreign_celery import foreign_broker

NEEDS_SERVERS = True


@contextmanager
def consumers(place: Place) -> Iterator[Consumers]:
    yield place.open(DEFINITION, broker=foreign_broker(), patience="PT2S", workers=1)[Consumers]


@pytest.mark.parametrize(
    "broker", ["http://shop", "amqp://guest@127.0.0.1//", "memory://", "filesystem:///tmp", "", "--help"]
)
def test_a_broker_of_another_kind_is_refused(tmp_path: Path, broker: str) -> None:
    with pytest.raises(InputError):
        Place(tmp_path, str).open(DEFINITION, broker=broker)


def test_a_broker_that_is_not_there_may_be_there_later_and_no_password_is_shown(tmp_path: Path) -> None:
    role = Place(tmp_path, str).open(DEFINITION, broker="redis://someone:hunter2@127.0.0.1:1/0", patience=1)[Consumers]
    for ask in (role.workers, lambda: role.pause("mail", ["one@shop"])):
        with pytest.raises(TransientError) as caught:
            ask()
        assert "hunter2" not in str(caught.value)
