from datetime import UTC, datetime

from grace_workers.foundation.ids import IncidentId, TargetName, uuid7
from grace_workers.learning import Ending, Episode, Tally, TrackRecord, experience, learn
from grace_workers.learning.choice import Past

SIGNATURE = "down~0"


def episode(playbook="restart", ending=Ending.VERIFIED):
    return Episode(
        incident=IncidentId(uuid7()),
        playbook=playbook,
        playbook_digest="d",
        signature=SIGNATURE,
        cause="process_down",
        target=TargetName("shop"),
        ending=ending,
        restored=None,
        seconds=1.0,
        at=datetime(2026, 11, 21, 8, tzinfo=UTC),
    )


def lived(*endings, records=()):
    kept = {one.playbook: one for one in records}
    for ending in endings:
        kept |= {one.playbook: one for one in learn(list(kept.values()), (), episode(ending=ending))}
    return kept


def test_an_episode_makes_a_record_and_counts_in_it():
    (track,) = learn([], (), episode())

    assert (track.playbook, track.signature, track.verified) == ("restart", SIGNATURE, 1)
    assert track.past == Past(recent=(True,))


def test_an_inconclusive_run_changes_nothing_that_is_expected():
    track = TrackRecord(playbook="restart", signature=SIGNATURE, verified=2, past=Past(2, 0))

    (after,) = learn([track], (), episode(ending=Ending.INCONCLUSIVE))

    assert (after.inconclusive, after.past) == (1, track.past)


def test_a_surprise_keeps_the_counts_and_forgets_what_they_said():
    other = TrackRecord(playbook="scale", signature=SIGNATURE, failed=10, past=Past(0, 10))

    kept = lived(*[Ending.VERIFIED] * 60, *[Ending.FAILED] * 6, records=[other])

    assert (kept["restart"].verified, kept["restart"].failed, kept["scale"].failed) == (60, 6, 10)
    assert kept["restart"].past.counts[0] == 0
    assert kept["scale"].past.counts[1] < 2
    assert experience(kept.values(), ()).promise("scale") > experience(kept.values(), ()).promise("restart")


def test_a_record_from_before_outcomes_were_kept_counts_in_full():
    old = TrackRecord(playbook="restart", signature=SIGNATURE, verified=40, failed=10)

    assert 0.7 < experience([old], ()).expected("restart") < 0.85


def test_what_helped_on_other_signatures_is_expected_to_help_here():
    known = experience([], [Tally("restart", 9, 1)] * 10 + [Tally("scale", 1, 9)] * 10)

    assert known.expected("restart") > known.expected("scale")
