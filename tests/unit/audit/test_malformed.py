"""Whatever a store returns instead of a row, verification answers with a finding: not intact, and no exception."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grace_workers.audit import Anchored, CannotTell, Head, Intact, Subtree, Tampered
from tests.unit.audit.logs import Log, build

HONEST = build(300, every=50)
numbers = st.integers(-(2**63), 2**63 - 1) | st.sampled_from([0, 1, 299, 300, 301, -1])
blobs = st.binary(max_size=80) | st.sampled_from(
    [b"{}", b"[]", b"null", b"\xff", b'{"action":"audit.rotate"}', bytes(32), bytes(31)]
)
maybe = st.none() | blobs
notes = st.text(max_size=60) | st.sampled_from(
    [HONEST.checkpoints[0][1][:-1], HONEST.checkpoints[0][1] + "\n", "\n\n\u2014 a b\n"]
)
moments = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=14)), None])) | st.sampled_from(
    [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), datetime(2000, 1, 1)]  # noqa: DTZ001
)
places = st.integers(0, 299)


def rows(place: int, row: Any) -> Log:
    return replace(HONEST, rows=[*HONEST.rows[:place], row, *HONEST.rows[place + 1 :]])


changes = st.one_of(
    st.builds(rows, places, st.tuples(numbers, blobs, maybe, maybe, blobs, blobs)),
    st.builds(lambda place, text: rows(place, (place, text, *HONEST.rows[place][2:])), places, blobs),
    st.builds(lambda node: replace(HONEST, nodes=[node]), st.builds(Subtree, numbers, numbers, blobs)),
    st.builds(
        lambda nodes: replace(HONEST, nodes=[*HONEST.nodes, *nodes]),
        st.lists(st.builds(Subtree, numbers, numbers, blobs), min_size=1),
    ),
    st.builds(lambda head: replace(HONEST, head=head), st.builds(Head, numbers, blobs, blobs)),
    st.builds(lambda one: replace(HONEST, checkpoints=[*HONEST.checkpoints[:-1], one]), st.tuples(numbers, notes)),
    st.builds(lambda one: replace(HONEST, checkpoints=[one, *HONEST.checkpoints]), st.tuples(numbers, notes)),
    st.builds(
        lambda one: replace(HONEST, anchors=[one, *HONEST.anchors]), st.builds(Anchored, notes, st.none() | moments)
    ),
    st.builds(lambda row: replace(HONEST, unsealed=[row]), st.tuples(blobs, maybe, maybe)),
)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(changes)
def test_a_malformed_row_is_a_finding_and_never_an_exception(log: Log) -> None:
    assert not isinstance(log.verify(), Intact)


@settings(deadline=None)
@given(moments)
def test_an_anchor_of_any_time_is_a_finding_and_never_an_exception(at: datetime) -> None:
    log = replace(HONEST, anchors=[Anchored(HONEST.checkpoints[0][1], at), *HONEST.anchors[1:]])
    assert isinstance(log.verify(), Intact | Tampered | CannotTell)
