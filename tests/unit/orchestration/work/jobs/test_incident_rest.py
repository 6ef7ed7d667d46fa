from datetime import timedelta

from grace_workers.foundation.ids import uuid7
from grace_workers.orchestration.dossier import Closing, Fate, Receipt
from grace_workers.orchestration.job import JobState, Succeeded
from grace_workers.orchestration.line.resting import REST
from grace_workers.orchestration.work.intake import accept
from grace_workers.orchestration.work.jobs.incident_rest import DEFINITION
from grace_workers.signals import IncidentState, SignalStatus
from tests.builders import Ward, claimed, signal

MINUTE = timedelta(minutes=1)


def told(ward: Ward, status: SignalStatus) -> Receipt:
    ward.clock.advance(timedelta(seconds=20))
    said = signal(at=ward.clock, status=status)
    [receipt] = accept(ward.intake, [said], by="prometheus")
    return receipt


def flapping(ward: Ward) -> Receipt:
    """Return the receipt of the opening with which the condition flaps."""
    for _ in range(ward.intake.flaps.openings - 1):
        assert told(ward, SignalStatus.FIRING).fate is Fate.OPENED
        assert told(ward, SignalStatus.RESOLVED).fate is Fate.RESOLVED
    return told(ward, SignalStatus.FIRING)


def looks(ward: Ward):
    with ward.ledger.transaction() as tx:
        return [job for job in tx.jobs.find(state=JobState.QUEUED) if job.name == REST]


def run(ward: Ward, incident: object) -> object:
    ending = DEFINITION.run(ward, claimed(ward, DEFINITION, {"incident": str(incident)}))
    assert isinstance(ending, Succeeded)
    return ending.result


def test_a_condition_that_flaps_opens_one_incident_and_says_so() -> None:
    ward = Ward()
    opened = flapping(ward)
    assert opened.fate is Fate.OPENED
    assert "it is flapping" in opened.reason
    for _ in range(5):
        ended, again = told(ward, SignalStatus.RESOLVED), told(ward, SignalStatus.FIRING)
        assert (ended.fate, ended.incident) == (again.fate, again.incident) == (Fate.JOINED, opened.incident)
        assert "it is flapping" in ended.reason
        assert "it is flapping" in again.reason


def test_its_incident_is_closed_once_it_has_come_to_rest_and_not_before() -> None:
    ward = Ward()
    opened = flapping(ward)
    told(ward, SignalStatus.RESOLVED)
    assert run(ward, opened.incident) == {"closed": False}
    assert max(job.not_before for job in looks(ward)) >= ward.clock.now() + 29 * MINUTE
    ward.clock.advance(30 * MINUTE)
    assert run(ward, opened.incident) == {"closed": True}
    with ward.ledger.transaction() as tx:
        closed = tx.incidents.load(opened.incident)
    assert (closed.incident.state, closed.closing) == (IncidentState.CLOSED, Closing.RESOLVED)
    assert "has rested since" in closed.reasons[-1]
    assert run(ward, opened.incident) == {"closed": False}


def test_what_still_fires_is_looked_at_again() -> None:
    ward = Ward()
    opened = flapping(ward)
    ward.clock.advance(40 * MINUTE)
    assert run(ward, opened.incident) == {"closed": False}
    assert max(job.not_before for job in looks(ward)) > ward.clock.now()


def test_an_incident_that_is_gone_ends_the_looks() -> None:
    assert run(Ward(), uuid7()) == {"closed": False}


def test_it_is_asked_for_by_its_address() -> None:
    assert DEFINITION.address == REST
