"""From a healed incident in a whole line to what people read of it, take back, and what a return of it changes."""

from datetime import timedelta

import pytest

from grace_workers.foundation.errors import ConflictError, NotFoundError
from grace_workers.foundation.ids import PlanId, uuid7
from grace_workers.learning import Ending
from grace_workers.orchestration import learned
from grace_workers.orchestration.line.rechecking import RECHECK, SPANS
from grace_workers.orchestration.stores.precedents import PrecedentStore
from tests.builders import WEB, Ward

TRACEBACK = 'Traceback (most recent call last):\n  File "/srv/shop/a.py", line 1, in pay\n    y()\nKeyError: 7\n'
LONG = timedelta(hours=2)


def healed(ward=None, **changes):
    ward = ward or Ward()
    ward.patients[WEB].ill = 1.0
    incident = ward.fall_ill(**changes)
    ward.live()
    return ward, incident


def precedent(ward):
    (found,) = learned.precedents(ward.ledger)
    return found


def tracks(ward, signature=None):
    with ward.ledger.transaction() as tx:
        return tx.records.tracks(signature)


def rechecks(ward):
    with ward.ledger.transaction() as tx:
        return [one.not_before for one in tx.jobs.find(limit=100) if one.name == RECHECK and not one.ended_at]


def test_a_healed_incident_leaves_a_precedent_of_what_was_seen_and_said():
    ward, incident = healed()
    found = precedent(ward)
    assert (found.incident, found.cause, found.playbook, found.ending) == (incident, "illness", "cure", Ending.VERIFIED)
    assert (found.engine, found.measured, found.confidence, found.right) == ("rules", True, 0.5, True)
    assert "signal illness" in found.features
    assert ward.dossier(incident).diagnosis.features == found.features


def test_the_next_like_it_is_believed_more():
    ward, _ = healed()
    ward.live(timedelta(minutes=20))
    _, again = healed(ward, key="later")
    assert ward.dossier(again).diagnosis.hypotheses[0].confidence > 0.5


def test_a_run_counts_under_the_path_through_the_code_and_the_family_of_its_fault_too():
    ward, _ = healed(text=TRACEBACK)
    found = precedent(ward)
    assert [name.partition(":")[0] for name in found.kin] == ["exact", "family"]
    assert {one.signature for one in tracks(ward)} == {found.signature, *found.kin}
    assert {one.verified for one in tracks(ward)} == {1}
    with ward.ledger.transaction() as tx:
        assert [(one.won, one.lost) for one in tx.records.tallies(["cure"])] == [(1, 0)]


def test_a_forgotten_run_taught_nothing_and_a_model_is_trained_without_it():
    ward, _ = healed(text=TRACEBACK)
    plan = precedent(ward).plan
    done = learned.forget_run(ward.ledger, ward.clock, plan, by="ann", reason="the probe was broken")
    assert done.forgotten
    assert {one.verified for one in tracks(ward)} == {0}
    with ward.ledger.transaction() as tx:
        assert {one.verified for one in tx.records.knowledge()} == {0}
        assert "learning.train" in [one.name for one in tx.jobs.find(limit=100)]
    (entry,) = [one for one in ward.ledger.entries if one.action == "learning.forgotten"]
    assert (entry.actor, entry.data["why"]) == ("ann", "the probe was broken")
    with pytest.raises(ConflictError):
        learned.forget_run(ward.ledger, ward.clock, plan, by="ann", reason="again")


def test_what_taught_nothing_cannot_be_forgotten():
    ward = Ward()
    with pytest.raises(NotFoundError, match="is no precedent"):
        learned.forget_run(ward.ledger, ward.clock, PlanId(uuid7()), by="ann", reason="x")


def test_a_healed_problem_is_checked_after_an_hour_a_day_and_a_week():
    ward, _ = healed()
    ended = precedent(ward).at
    for span in SPANS:
        assert rechecks(ward) == [ended + span]
        ward.clock.advance(ended + span - ward.clock.now())
        ward.work()
        assert precedent(ward).stayed == span.total_seconds()
    assert rechecks(ward) == []
    assert not precedent(ward).recurred


def test_a_problem_that_recurs_turns_the_run_that_healed_it_into_a_failure():
    ward, _ = healed(text=TRACEBACK)
    first = precedent(ward)
    ward.live(timedelta(minutes=20), tick=timedelta(minutes=1))
    _, second = healed(ward, key="later", text=TRACEBACK)
    ward.clock.advance(LONG)
    ward.work()
    with ward.ledger.transaction() as tx:
        found = tx[PrecedentStore].find(first.plan)
        history = tx.journal.history("cure", [WEB], ward.clock.now())
    assert (found.recurred, found.ending, found.right) == (True, Ending.INEFFECTIVE, False)
    assert (history.runs, history.verified) == (2, 1)
    assert {(one.verified, one.ineffective) for one in tracks(ward)} == {(1, 1)}
    (entry,) = [one for one in ward.ledger.entries if one.action == "learning.recurred"]
    assert str(second) in entry.data["why"]


def test_a_problem_that_ended_by_itself_is_not_counted_as_healed():
    ward = Ward()
    incident = ward.fall_ill()
    ward.patients[WEB].ill = 0.0
    ward.live()
    assert ward.dossier(incident).closing != "healed"
    assert [(one.right, one.teaches, one.knowledge) for one in learned.precedents(ward.ledger)] == [(None, False, None)]
    assert [(one.verified, one.inconclusive) for one in tracks(ward)] == [(0, 1)]


def test_the_summary_counts_runs_causes_and_what_stayed_healed():
    ward, _ = healed()
    ward.clock.advance(LONG)
    ward.work()
    found = learned.summary(ward.ledger, ward.clock, timedelta(days=1))
    (playbook,) = found.playbooks
    assert (playbook.playbook, playbook.verified, playbook.stayed, playbook.recurred) == ("cure", 1, 1, 0)
    assert (found.causes, found.precedents, found.versions) == ({"illness": 1}, 1, [])
    assert learned.summary(ward.ledger, ward.clock, timedelta(hours=1)).playbooks == []


def test_playbooks_are_recommended_by_what_they_did():
    ward, _ = healed()
    (found,) = learned.recommend(ward.ledger, precedent(ward).signature)
    assert (found.playbook, found.verified) == ("cure", 1)
    assert found.expected > 0.5 > found.at_least
    assert learned.recommend(ward.ledger, "never~seen") == []


def test_the_curve_compares_what_was_stated_with_what_helped():
    ward, _ = healed()
    curve = learned.calibration(ward.ledger)
    assert [(one.low, one.count, one.right) for one in curve.bins] == [(0.5, 1, 1.0)]
    assert learned.calibration(ward.ledger, engine="model").count == 0
