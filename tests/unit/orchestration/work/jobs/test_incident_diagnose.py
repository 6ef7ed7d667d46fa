from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from grace_workers.foundation.errors import NotFoundError
from grace_workers.orchestration.job import JobFailed, Priority, Succeeded
from grace_workers.orchestration.line.transition import DIAGNOSE, ask_for_facts, urgency
from grace_workers.orchestration.stores.reports import ReportStore
from grace_workers.orchestration.work.jobs.incident_diagnose import APART, DEFINITION, MOST_AT_ONCE
from grace_workers.signals import IncidentState, Severity
from tests.builders import PARTNER, Ward, claimed


def reports(ward, incident):
    with ward.ledger.transaction() as tx:
        return tx[ReportStore].of_incident(incident)


def asked(ward):
    with ward.ledger.transaction() as tx:
        return [job for job in tx.jobs.find(limit=1000) if job.name == DIAGNOSE]


def test_facts_are_kept_with_an_incident_that_a_person_is_asked_about():
    ward = Ward()
    incident = ward.fall_ill(PARTNER)
    ward.work()
    assert ward.dossier(incident).incident.state is IncidentState.AWAITING_APPROVAL
    (report,) = reports(ward, incident)
    assert report.target == PARTNER
    assert {"readings", "signals", "deployments"} <= {one.diagnostic for one in report.looks}
    (fact,) = [fact for look in report.looks for fact in look.facts if fact.name == "signals"]
    assert (fact.value, fact.notable) == (1, True)
    assert ward.view(incident).facts == [report]


def test_an_incident_that_the_fleet_heals_itself_costs_no_look():
    ward = Ward()
    incident = ward.fall_ill()
    ward.work()
    assert (reports(ward, incident), asked(ward)) == ([], [])


def test_the_look_is_less_urgent_than_every_decision():
    ward = Ward()
    ward.fall_ill(PARTNER)
    ward.work()
    (job,) = asked(ward)
    assert job.priority == min(urgency(one) for one in Severity) < Priority(5)


def test_a_storm_on_one_target_examines_it_once_a_minute():
    ward = Ward()
    first = ward.fall_ill(PARTNER)
    ward.work()
    second = ward.fall_ill(PARTNER, signature="other~1", name="other")
    claim = claimed(ward, DEFINITION, {"incident": str(second)})
    assert isinstance(DEFINITION.run(ward, claim), Succeeded)
    assert reports(ward, second) == reports(ward, first)
    ward.clock.advance(timedelta(minutes=2))
    DEFINITION.run(ward, claimed(ward, DEFINITION, {"incident": str(second)}))
    assert reports(ward, second)[0].at > reports(ward, first)[0].at


def test_in_a_storm_two_examine_at_once_and_the_others_come_later_one_by_one():
    ward = Ward()
    incident = ward.fall_ill(PARTNER)
    order = {"incident": str(incident)}
    first, _second, third, fourth = (claimed(ward, DEFINITION, order) for _ in range(4))
    now = ward.clock.now()
    for claim in (third, fourth):
        ward.claimer.finish(claim, DEFINITION.run(ward, claim))
    assert reports(ward, incident) == []
    assert sorted(job.not_before - now for job in asked(ward) if job.not_before) == [APART, 2 * APART]
    ward.claimer.finish(first, DEFINITION.run(ward, first))
    assert len(reports(ward, incident)) == 1


def test_what_was_put_off_is_examined_in_the_end():
    ward = Ward()
    incident = ward.fall_ill(PARTNER)
    claims = [claimed(ward, DEFINITION, {"incident": str(incident)}) for _ in range(MOST_AT_ONCE + 1)]
    ward.claimer.finish(claims[-1], DEFINITION.run(ward, claims[-1]))
    for claim in claims[:-1]:
        ward.claimer.finish(claim, JobFailed(error="its node died"))
    ward.clock.advance(APART)
    ward.work()
    assert [report.target for report in reports(ward, incident)] == [PARTNER]


def test_what_is_known_already_waits_for_no_one():
    ward = Ward()
    known = ward.fall_ill(PARTNER)
    ward.work()
    other = ward.fall_ill(PARTNER, signature="other~1", name="other")
    claims = [claimed(ward, DEFINITION, {"incident": str(other)}) for _ in range(MOST_AT_ONCE + 1)]
    DEFINITION.run(ward, claims[-1])
    assert reports(ward, other) == reports(ward, known)


def test_only_the_incident_that_leads_a_group_is_looked_into():
    ward = Ward()
    incident = ward.fall_ill(PARTNER)
    ward.work()
    dossier = ward.dossier(incident)
    for led in (True, False):
        about = replace(dossier, incident=replace(dossier.incident, version=99, part_of=incident if led else None))
        with ward.ledger.transaction() as tx:
            ask_for_facts(tx, about)
        assert len(asked(ward)) == (1 if led else 2)


def test_an_incident_that_is_gone_is_refused():
    with pytest.raises(NotFoundError):
        DEFINITION.run(Ward(), claimed(Ward(), DEFINITION, {"incident": str(uuid4())}))


def test_the_line_asks_for_it_by_its_address():
    assert DEFINITION.address == DIAGNOSE
