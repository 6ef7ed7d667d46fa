"""Verification over a log in memory: honest logs are intact, any single change is not."""

import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grace_workers.audit import Anchored, CannotTell, Intact, Signer, Tampered, exit_code
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
