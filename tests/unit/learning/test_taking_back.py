from dataclasses import replace

import pytest

from grace_workers.diagnosis import CauseName, KnowledgeEntry, Origin
from grace_workers.learning import Ending, TrackRecord, learn, taken_back, unlearned
from grace_workers.learning.choice import Past
from tests.unit.learning.test_choosing import episode


@pytest.mark.parametrize("ending", list(Ending))
def test_what_was_learned_and_taken_back_leaves_no_trace(ending: Ending) -> None:
    (before,) = learn([], (), episode())
    (after,) = learn([before], (), episode(ending=ending))
    assert replace(taken_back(after, ending), streak=0) == before


def test_nothing_falls_below_zero() -> None:
    empty = TrackRecord(playbook="restart", signature="down~0", past=Past())
    for ending in Ending:
        assert taken_back(empty, ending) == empty


def test_of_old_outcomes_only_the_count_is_taken_back() -> None:
    record = TrackRecord(playbook="restart", signature="down~0", verified=9, past=Past(9, 1, (False,)))
    assert taken_back(record, Ending.VERIFIED).past == Past(8, 1, (False,))


def test_a_record_from_before_outcomes_were_kept_one_by_one_keeps_none() -> None:
    assert taken_back(TrackRecord(playbook="p", signature="s", verified=2), Ending.VERIFIED).past is None


def test_an_entry_has_one_outcome_fewer() -> None:
    entry = KnowledgeEntry(id="x", origin=Origin.LEARNED, cause=CauseName("c"), summary="s", verified=1, unverified=1)
    assert unlearned(entry, Ending.VERIFIED).verified == 0
    assert unlearned(entry, Ending.FAILED).unverified == 0
    assert unlearned(unlearned(entry, Ending.VERIFIED), Ending.VERIFIED).verified == 0
