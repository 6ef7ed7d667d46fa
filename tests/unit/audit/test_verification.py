"""Verification over a log in memory: honest logs are intact, any single change is not."""

import json
import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grace_workers.audit import (
    Anchored,
    CannotTell,
    Entry,
    Intact,
    Signer,
    StreamPosition,
    Tampered,
    exit_code,
    leaf_hash,
    write,
)
from grace_workers.audit.contents import Contents
from grace_workers.audit.hashing import NO_LEAF
from grace_workers.audit.marks import BrokenError
from tests.unit.audit.logs import ORIGIN, START, Log, build
from tests.unit.audit.mutations import mutate

HONEST = build(600, every=50)


@pytest.mark.parametrize(("size", "every"), [(1, 1), (2, 1), (255, 10), (256, 256), (257, 100), (600, 7)])
def test_an_honest_log_is_intact(size: int, every: int) -> None:
    found = build(size, every=every).verify()
    assert isinstance(found, Intact), found
    assert exit_code(found) == 0


@given(st.integers(min_value=0))
def test_any_single_change_is_detected_and_its_first_entry_named(seed: int) -> None:
    changed, seq = mutate(HONEST, random.Random(seed))
    found = changed.verify()
    assert not isinstance(found, Intact)
    if seq is not None:
        assert isinstance(found, Tampered)
        assert found.seq == seq


def test_entries_behind_the_last_checkpoint_leave_it_open() -> None:
    log = build(60, every=50)
    log.checkpoints.pop()
    log.anchors.pop()
    found = log.verify()
    assert found == CannotTell("entries 50 to 59 are sealed but not signed yet")
    assert exit_code(found) == 2


def test_a_stale_anchor_leaves_it_open() -> None:
    log = build(200, every=50)
    log.anchors = log.anchors[:1]
    assert "stale" in str(log.verify(anchor_within=timedelta(seconds=10)))
    assert isinstance(log.verify(anchor_within=timedelta(hours=1)), Intact)


def test_an_unknown_key_leaves_it_open() -> None:
    log = build(20, every=10)
    log.signer = Signer(ORIGIN, bytes(32))
    assert isinstance(log.verify(), CannotTell)


def test_an_anchor_of_an_earlier_incarnation_is_no_anchor() -> None:
    log = build(20, every=10)
    log.anchors = [Anchored(anchor.note.replace(ORIGIN, "example.org/audit/0"), anchor.at) for anchor in log.anchors]
    assert isinstance(log.verify(), CannotTell)


def test_a_back_dated_entry_is_named() -> None:
    log = build(200, every=50)
    log.anchors = [Anchored(anchor.note, START + timedelta(days=1)) for anchor in log.anchors]
    found = log.verify()
    assert isinstance(found, Tampered)
    assert found.seq == 50


def test_a_log_without_anything_proves_nothing() -> None:
    assert isinstance(Log().verify(), CannotTell)


def test_a_stream_whose_number_is_spelled_otherwise_is_named() -> None:
    rows = [(0, *sealed(b"0")), (1, *sealed(b"01"))]
    contents = Contents()
    contents.read(rows[:1], [rows[0][4]])
    with pytest.raises(BrokenError, match="contradicts its writer's stream"):
        contents.read(rows[1:], [rows[1][4]])


def test_entries_of_a_stream_may_come_out_of_order_but_none_may_be_missing() -> None:
    log = build(12, every=12, writers=1)
    contents, order = Contents(), [0, 3, 2, 1, 4, 5, 8, 6, 7, 11]
    contents.read([log.rows[place] for place in order], [log.rows[place][4] for place in order])
    assert contents.writers.gap() == (11, writer_of(log.rows[0][1]))
    rest = [9, 10]
    contents.read([log.rows[place] for place in rest], [log.rows[place][4] for place in rest])
    assert contents.writers.gap() is None


def test_texts_with_quotes_and_backslashes_are_read_like_any_other() -> None:
    at, position = START, StreamPosition.fresh()
    written = []
    for text in ('say "hi"', "c:\\temp", 'x","wn":7', "plain"):
        made = write(Entry(at=at, actor=text, action="job.done", subject=text, outcome=text), position)
        position = position.after(made.envelope)
        written.append(made.envelope)
    contents = Contents()
    rows = [(seq, envelope, None, None, b"", b"") for seq, envelope in enumerate(written)]
    contents.read(rows, [leaf_hash(envelope) for envelope in written])
    assert (contents.doubts, contents.writers.gap()) == ([], None)


def sealed(number: bytes) -> tuple[bytes, None, None, bytes, bytes]:
    first = write(Entry(at=START, actor="a", action="job.done", subject="s"), StreamPosition("0" * 32, 0, NO_LEAF))
    previous = NO_LEAF if number == b"0" else leaf_hash(first.envelope).hex()
    told = b'"wn":%b,"wp":"%b' % (number, previous.encode())
    envelope = first.envelope.replace(b'"wn":0,"wp":"' + NO_LEAF.encode(), told)
    return envelope, None, None, leaf_hash(envelope), b""


def writer_of(envelope: bytes) -> str:
    return str(json.loads(envelope)["w"])
