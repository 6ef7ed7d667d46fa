"""Fair shares: noise of one sender or one target costs others nothing, and is reported."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from grace_workers.foundation.ids import TargetName
from grace_workers.orchestration.dossier import Receipt
from grace_workers.orchestration.job import JobState
from grace_workers.orchestration.line.stalled import rescue
from grace_workers.orchestration.work.intake import accept
from grace_workers.signals import IncidentState, Severity, SignalStatus, sign
from tests.builders import DATABASE, PARTNER, WEB, Ward, signal

MINUTE = timedelta(minutes=1)


@pytest.fixture
def ward() -> Ward:
    return Ward()


def storm(ward: Ward, count: int, target: TargetName = WEB, *, by: str = "noisy", **changes: Any) -> list[Receipt]:
    given = {"severity": Severity.CRITICAL, "labels": {"cause": "unknown"}, **changes}
    made = [
        signal(target, at=ward.clock, **given, signature=sign(f"storm-{chr(97 + n // 26)}{chr(97 + n % 26)}"))
        for n in range(count)
    ]
    return list(accept(ward.intake, made, by=by))


def queued(ward: Ward) -> list[int]:
    with ward.ledger.transaction() as tx:
        return sorted((job.priority for job in tx.jobs.find(state=JobState.QUEUED, limit=1000)), reverse=True)


def test_a_storm_of_one_target_has_few_incidents_under_way_and_all_are_handled(ward: Ward) -> None:
    receipts = storm(ward, 40)
    assert queued(ward) == [9] * 4
    assert sum("parked" in one.reason for one in receipts) == 36
    ward.live(MINUTE)
    assert {ward.dossier(one.incident).incident.state for one in receipts} == {IncidentState.ESCALATED}


def test_a_senders_urgent_incidents_are_capped_per_target_and_the_receipt_says_so(ward: Ward) -> None:
    ward.intake = replace(ward.intake, shares=replace(ward.intake.shares, under_way=100))
    receipts = storm(ward, 8)
    assert queued(ward) == [9] * 5 + [4] * 3
    assert ["capped: noisy opened 5 urgent incidents" in one.reason for one in receipts] == [False] * 5 + [True] * 3


def test_a_senders_urgent_incidents_are_capped_over_all_targets(ward: Ward) -> None:
    shares = replace(ward.intake.shares, under_way=100, urgent_by_sender=7)
    ward.intake = replace(ward.intake, shares=shares)
    for target in (WEB, PARTNER, DATABASE):
        storm(ward, 4, target)
    assert queued(ward) == [9] * 7 + [4] * 5


def test_each_sender_has_its_own_share_and_it_refills_with_time(ward: Ward) -> None:
    storm(ward, 8)
    (other,) = accept(ward.intake, [signal(at=ward.clock, severity=Severity.CRITICAL)], by="other")
    assert "capped" not in other.reason
    ward.clock.advance(11 * MINUTE)
    assert "capped" not in storm(ward, 1, PARTNER)[0].reason


def test_mild_signals_are_never_capped(ward: Ward) -> None:
    ward.intake = replace(ward.intake, shares=replace(ward.intake.shares, under_way=100))
    storm(ward, 20, severity=Severity.WARNING)
    assert queued(ward) == [5] * 20


def test_mild_noise_parks_nothing_that_is_more_severe(ward: Ward) -> None:
    storm(ward, 30, severity=Severity.INFO)
    (real,) = accept(ward.intake, [signal(at=ward.clock, severity=Severity.CRITICAL)], by="monitor")
    assert real.reason == "a new incident"
    assert queued(ward)[0] == 9


def test_a_storm_of_one_target_parks_nothing_of_another(ward: Ward) -> None:
    storm(ward, 50)
    (other,) = storm(ward, 1, PARTNER, by="monitor")
    assert other.reason == "a new incident"


def test_a_parked_incident_closes_when_its_condition_ends(ward: Ward) -> None:
    last = storm(ward, 40)[-1]
    assert last.incident is not None
    known = ward.dossier(last.incident)
    ended = replace(known.signal, status=SignalStatus.RESOLVED, delivery_key="end")
    assert ward.receive(ended).incident == last.incident
    after = ward.dossier(last.incident).incident
    assert (after.state, after.parked) == (IncidentState.CLOSED, False)


def test_the_rescue_leaves_parked_incidents_and_begins_those_that_were_overlooked(ward: Ward) -> None:
    receipts = storm(ward, 20)
    ward.clock.advance(MINUTE)
    before = queued(ward)
    rescue(ward.line, idle=timedelta(seconds=20))
    assert queued(ward) == before
    with ward.ledger.transaction() as tx:
        for job in tx.jobs.find(limit=1000):
            tx.table("jobs").pop(job.id)
        for one in receipts:
            stored = tx.incidents.load(one.incident)
            if not stored.incident.parked:
                gone = replace(stored.incident, state=IncidentState.ESCALATED)
                tx.table("incidents")[one.incident] = replace(stored, incident=gone)
    rescue(ward.line, idle=timedelta(seconds=20))
    assert len(queued(ward)) == 4


def test_what_is_capped_parked_or_unmatched_is_logged_once_for_each_kind_and_target(ward: Ward) -> None:
    with capture_logs() as lines:
        storm(ward, 20)
        accept(ward.intake, [signal(TargetName("nowhere"), at=ward.clock) for _ in range(3)], by="b")
    told = {(line["event"], line["of"]): line["count"] for line in lines}
    assert told == {("incidents_parked", WEB): 16, ("incidents_capped", WEB): 15, ("signals_unmatched", "illness"): 3}


def jobs_before_a_look_at(ward: Ward, receipt: Receipt) -> int:
    """Run jobs, most urgent and oldest first, until the incident was looked at; return how many went before it."""
    assert receipt.incident is not None
    for ran in range(1000):
        if ward.dossier(receipt.incident).incident.state is not IncidentState.OPEN:
            return ran - 1
        job = min(ward.due(), key=lambda one: (-one.priority, one.id))
        claim = ward.claim(job)
        assert claim is not None
        ending = ward.run(claim)
        assert ending is not None
        ward.claimer.finish(claim, ending)
    raise AssertionError("it was never looked at")


def test_another_hosts_incident_runs_after_few_jobs_of_a_storm(ward: Ward) -> None:
    storm(ward, 400)
    (other,) = storm(ward, 1, PARTNER, by="monitor", severity=Severity.WARNING)
    assert jobs_before_a_look_at(ward, other) <= ward.intake.shares.urgent_by_target


def test_a_storm_of_errors_leaves_its_sender_a_share_of_critical_ones(ward: Ward) -> None:
    storm(ward, 40, severity=Severity.ERROR)
    (critical,) = accept(ward.intake, [signal(at=ward.clock, severity=Severity.CRITICAL)], by="noisy")
    assert critical.incident is not None
    assert ward.dossier(critical.incident).incident.priority == 9
