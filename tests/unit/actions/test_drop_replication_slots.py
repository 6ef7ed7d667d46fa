from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from grace_workers.actions import OutcomeStatus, ReplicationSlot, Reversibility
from grace_workers.actions.primitives.drop_replication_slots import DEFINITION, DropSlotsParams
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemorySlots
from tests.conformance.primitive_cases import InMemory, Real
from tests.replicating import replicating

OLD = ReplicationSlot(name="old", kind="logical", plugin="pgoutput", position="0/16B3748", retained=5 << 30)


def slots() -> MemorySlots:
    return MemorySlots([OLD, replace(OLD, name="older", retained=9 << 30), replace(OLD, name="small", retained=100)])


def in_memory() -> InMemory:
    made = slots()
    return InMemory(role=made, params={}, look=lambda: list(made.slots), kept=lambda: None)


@contextmanager
def real(folder: Path) -> Iterator[Real]:
    del folder
    url, name = replicating().url_of("postgres"), f"slot_{uuid4().hex[:8]}"
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("SELECT pg_create_physical_replication_slot(%s, true)", [name])
        admin.execute("SELECT pg_logical_emit_message(false, 'test', repeat('x', 1000))")

        def look() -> object:
            return admin.execute("SELECT slot_name FROM pg_replication_slots WHERE slot_name = %s", [name]).fetchall()

        try:
            yield Real(
                kind=TargetKind("postgres"),
                connection={"url": url},
                params={"retained_bytes": 1},
                look=look,
                kept=lambda: None,
            )
        finally:
            if look():
                admin.execute("SELECT pg_drop_replication_slot(%s)", [name])


def test_a_slot_for_which_exactly_as_much_is_kept_is_dropped() -> None:
    made = slots()
    most = max(one.retained for one in made.unread())
    assert len(DEFINITION.preview(made, DropSlotsParams(retained_bytes=most)).changes) == 1
    assert DEFINITION.preview(made, DropSlotsParams(retained_bytes=most + 1)).changes == ()


def test_the_slot_for_which_most_is_kept_goes_and_its_place_is_kept_as_evidence() -> None:
    made, params = slots(), DropSlotsParams()
    kept = DEFINITION.snapshot(made, params)
    assert DEFINITION.apply(made, params, kept).detail == "dropped older at 0/16B3748"
    assert [one.name for one in made.slots] == ["old", "small"]
    assert kept.content["slots"] == [
        {"name": "older", "kind": "logical", "plugin": "pgoutput", "position": "0/16B3748", "retained": 9 << 30}
    ]


def test_a_slot_with_a_reader_one_that_is_spared_and_one_that_keeps_little_stay() -> None:
    made = slots()
    made.read.add("older")
    assert DEFINITION.preview(made, DropSlotsParams(spare=("old",), most=10)).changes == ()


def test_a_slot_that_was_read_since_the_snapshot_stays() -> None:
    made, params = slots(), DropSlotsParams()
    kept = DEFINITION.snapshot(made, params)
    made.slots = [replace(one, position="0/17000000") for one in made.slots]
    assert DEFINITION.apply(made, params, kept).status is OutcomeStatus.UNCHANGED
    assert len(made.slots) == 3


def test_it_says_that_nothing_brings_a_slot_back() -> None:
    assert DEFINITION.reversibility is Reversibility.IRREVERSIBLE


@pytest.mark.parametrize("raw", [{"most": 0}, {"most": 11}, {"retained_bytes": 0}, {"spare": ["a\nb"]}, {"name": "x"}])
def test_params_out_of_bounds_are_refused(raw: dict[str, object]) -> None:
    with pytest.raises(InputError):
        DropSlotsParams.read(raw, "params")
