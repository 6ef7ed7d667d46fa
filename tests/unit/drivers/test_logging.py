from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from grace_workers.actions import LogLevels
from grace_workers.drivers.logging import DEFINITION, LoggingConnection
from grace_workers.foundation.errors import InputError
from tests.conformance.roles.implementations import Place
from tests.conformance.roles.stands import listening_logger


@contextmanager
def log_levels(place: Place) -> Iterator[tuple[LogLevels, str]]:
    control = place.folder / "levels.json"
    with listening_logger(control) as name:
        yield place.open(DEFINITION, control_file=str(control))[LogLevels], name


def test_patience_is_two_seconds_unless_said_otherwise():
    assert LoggingConnection(control_file="levels.json").patience == timedelta(seconds=2)
    assert LoggingConnection(control_file="levels.json", patience="PT5S").patience == timedelta(seconds=5)


def test_a_patience_of_zero_is_refused():
    with pytest.raises(InputError, match="patience"):
        LoggingConnection.read({"control_file": "levels.json", "patience": 0}, "connection")
