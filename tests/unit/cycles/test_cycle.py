from datetime import timedelta

import pytest

from grace_workers.cycles import Cycle, programmes
from grace_workers.foundation.catalog import discover
from grace_workers.foundation.errors import InputError

CATALOG = discover(programmes, Cycle, label="cycle")


def test_the_catalog_holds_telemetry_and_triggers() -> None:
    assert CATALOG.names == ("telemetry", "triggers")


def test_a_cycle_can_be_made_as_quick_as_one_second() -> None:
    assert CATALOG["triggers"].every(timedelta(seconds=1)).cadence == timedelta(seconds=1)


def test_a_cycle_quicker_than_one_second_is_refused() -> None:
    with pytest.raises(InputError, match="shortest is 1 s"):
        CATALOG["triggers"].every(timedelta(milliseconds=999))
