from dataclasses import replace
from datetime import timedelta

import pytest

from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.orchestration import queries
from grace_workers.orchestration.work.catalog import job_at
from grace_workers.orchestration.work.intake import accept
from grace_workers.signals import Habits, IncidentState, Severity, sign
from tests.builders import DATABASE, PARTNER, TARGETS, WEB, Ward, claimed, signal

SOON = timedelta(seconds=3)
LONE = TargetName("lone")


@pytest.fixture
def ward() -> Ward:
    return Ward()


def leader(ward: Ward, incident: IncidentId) -> IncidentId | None:
    return ward.dossier(incident).incident.part_of


def fail_together(ward: Ward, letter: str) -> tuple[IncidentId, IncidentId]:
    first = ward.fall_ill(PARTNER, signature=sign(f"cough {letter}"))
    ward.clock.advance(SOON)
    return first, ward.fall_ill(WEB, signature=sign(f"fever {letter}"))


def test_what_depends_on_a_failing_target_is_part_of_its_incident_and_waits(ward: Ward) -> None:
    culprit = ward.fall_ill(DATABASE)
    ward.clock.advance(SOON)
    receipt = ward.receive(signal(WEB, at=ward.clock))
    assert receipt.incident is not None
    assert receipt.reason == (f"a new incident; part of incident {culprit}, and waits for it: web depends on database")
    member = ward.dossier(receipt.incident).incident
    assert (member.part_of, member.parked) == (culprit, True)
    assert [job.incident for job in ward.due()] == [culprit]
    assert [one.id for one in ward.view(culprit).members] == [member.id]


def test_the_culprit_leads_though_it_is_reported_last(ward: Ward) -> None:
    symptom = ward.fall_ill(WEB)
    ward.clock.advance(SOON)
    culprit = ward.fall_ill(DATABASE)
    assert (leader(ward, symptom), leader(ward, culprit)) == (culprit, None)
    assert ward.view(symptom).timeline[-1].headline == f"part of incident {culprit}: web depends on database"
    listed = queries.incidents(ward.ledger, leading=True)
    assert [one.incident.id for one in listed] == [culprit]
    assert queries.group_sizes(ward.ledger, [culprit]) == {culprit: 1}


def test_a_symptom_reported_first_does_not_act_before_the_culprit(ward: Ward) -> None:
    symptom = ward.fall_ill(WEB)
    culprit = ward.fall_ill(DATABASE)
    first = next(job for job in ward.due() if job.incident == symptom)
    claim = ward.claim(first)
    assert claim is not None
    ending = ward.run(claim)
    assert ending is not None
    ward.claimer.finish(claim, ending)
    told = ward.view(symptom).timeline[-1].headline
    assert told.endswith(f"it is part of incident {culprit}, which is in progress on database")
    assert ward.dossier(symptom).incident.state is IncidentState.OPEN


def test_what_waited_goes_on_by_itself_when_the_culprit_ends(ward: Ward) -> None:
    ward.patients[DATABASE].ill = ward.patients[WEB].ill = True
    culprit = ward.fall_ill(DATABASE)
    symptom = ward.fall_ill(WEB)
    ward.live(timedelta(minutes=3))
    assert ward.dossier(culprit).incident.state in {IncidentState.CLOSED, IncidentState.ESCALATED}
    assert ward.dossier(symptom).incident.state in {IncidentState.CLOSED, IncidentState.ESCALATED}


def test_what_is_more_urgent_than_its_leader_does_not_wait(ward: Ward) -> None:
    culprit = ward.fall_ill(DATABASE, severity=Severity.WARNING)
    urgent = ward.fall_ill(WEB, severity=Severity.CRITICAL)
    member = ward.dossier(urgent).incident
    assert (member.part_of, member.parked) == (culprit, False)
    assert {job.incident for job in ward.due()} == {culprit, urgent}


def test_signals_of_one_delivery_are_grouped_whatever_their_order(ward: Ward) -> None:
    both = [signal(target, at=ward.clock) for target in (WEB, PARTNER, DATABASE)]
    receipts = accept(ward.intake, both, by="sender")
    web, partner, database = (one.incident for one in receipts)
    assert web is not None
    assert partner is not None
    assert (leader(ward, web), leader(ward, partner)) == (database, None)
    with ward.ledger.transaction() as tx:
        kept = {receipt.incident: receipt.reason for _, receipt in tx.signals.find()}
    assert kept[web] == receipts[0].reason


def test_the_leading_incident_shows_the_signals_of_all_that_it_leads(ward: Ward) -> None:
    culprit = ward.fall_ill(DATABASE)
    symptom = ward.fall_ill(WEB)
    shown = {(one.target, receipt.incident) for one, receipt in ward.view(culprit).signals}
    assert shown == {(WEB, symptom), (DATABASE, culprit)}
    assert [receipt.incident for _, receipt in ward.view(symptom).signals] == [symptom]


def test_what_fails_long_after_leads_itself(ward: Ward) -> None:
    ward.fall_ill(DATABASE)
    ward.clock.advance(timedelta(minutes=11))
    assert leader(ward, ward.fall_ill(WEB)) is None


def test_targets_that_failed_together_often_enough_are_grouped_at_last(ward: Ward) -> None:
    found = []
    for letter in "vwxyz":
        first, second = fail_together(ward, letter)
        found.append(leader(ward, second) == first)
        ward.clock.advance(timedelta(days=2))
    assert found == [False, False, True, True, True]


@pytest.mark.parametrize("later", [DATABASE, LONE])
def test_targets_that_often_fail_together_stay_grouped_when_another_fails_later(ward: Ward, later: TargetName) -> None:
    ward.intake = replace(ward.intake, targets={**TARGETS, LONE: replace(TARGETS[PARTNER], name=LONE)})
    for letter in "vwx":
        first, second = fail_together(ward, letter)
        ward.clock.advance(timedelta(minutes=4))
        ward.fall_ill(later, signature=sign(f"chill {letter}"))
        ward.clock.advance(timedelta(days=2))
    assert leader(ward, second) == first


def test_how_fast_failures_spread_here_is_learned_by_a_cycle_and_heeded(ward: Ward) -> None:
    late = timedelta(seconds=200)
    ward.fall_ill(DATABASE)
    ward.clock.advance(late)
    assert leader(ward, ward.fall_ill(WEB)) is None
    cycle = job_at("cycle.failure_habits")
    assert cycle is not None
    for at in range(30):
        ward.clock.advance(timedelta(hours=5))
        ward.fall_ill(DATABASE, signature=sign(f"cough {chr(97 + at)}"))
        ward.clock.advance(timedelta(seconds=70))
        ward.fall_ill(WEB, signature=sign(f"fever {chr(97 + at)}"))
    cycle.run(ward, claimed(ward, cycle, {}))
    ward.clock.advance(timedelta(hours=5))
    culprit = ward.fall_ill(DATABASE, signature=sign("cough of now"))
    ward.clock.advance(late)
    assert leader(ward, ward.fall_ill(WEB, signature=sign("fever of now"))) == culprit


def test_habits_that_cannot_be_read_refuse_no_signal_and_are_learned_anew(ward: Ward) -> None:
    with ward.ledger.transaction() as tx:
        tx.cycle_states.write("cycle.failure_habits", {"pace": -1, "of a newer release": 1}, ward.clock.now())
    culprit = ward.fall_ill(DATABASE)
    assert leader(ward, ward.fall_ill(WEB)) == culprit
    cycle = job_at("cycle.failure_habits")
    assert cycle is not None
    cycle.run(ward, claimed(ward, cycle, {}))
    with ward.ledger.transaction() as tx:
        assert Habits.read(tx.cycle_states.peek("cycle.failure_habits"), "habits").pace > 0
