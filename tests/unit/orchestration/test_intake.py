"""What signals lead to: new incidents, repeats, ends, and nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from grace_workers.foundation.errors import TransientError
from grace_workers.foundation.ids import TargetName
from grace_workers.orchestration.dossier import Closing, Fate
from grace_workers.orchestration.job import JobState
from grace_workers.orchestration.stores import IncidentStore
from grace_workers.orchestration.work.intake import accept
from grace_workers.signals import Condition, IncidentState, Severity, SignalStatus
from tests.builders import PARTNER, WEB, Ward, signal

MINUTE = timedelta(minutes=1)


@pytest.fixture
def ward() -> Ward:
    return Ward()


def ended(ward: Ward, **changes: object):
    return replace(signal(WEB, at=ward.clock), status=SignalStatus.RESOLVED, **changes)


def test_a_second_delivery_gets_the_first_receipt_and_changes_nothing(ward: Ward) -> None:
    one = signal(at=ward.clock, key="k")
    first = ward.receive(one)
    entries = len(ward.ledger.entries)
    again = ward.receive(signal(at=ward.clock, key="k"))
    assert (first.fate, again.fate) == (Fate.OPENED, Fate.REPEATED)
    assert (again.signal, again.incident) == (first.signal, first.incident)
    assert len(ward.ledger.entries) == entries


def test_the_same_delivery_twice_in_one_batch_is_stored_once(ward: Ward) -> None:
    batch = [signal(at=ward.clock, key="k"), signal(at=ward.clock, key="k")]
    assert [one.fate for one in accept(ward.intake, batch, by="b")] == [Fate.OPENED, Fate.REPEATED]


def test_receipts_come_in_the_order_of_the_signals(ward: Ward) -> None:
    batch = [signal(target, at=ward.clock) for target in (PARTNER, WEB, PARTNER, TargetName("nowhere"))]
    receipts = accept(ward.intake, batch, by="b")
    assert [one.signal for one in receipts] == [one.id for one in batch]
    assert [one.fate for one in receipts] == [Fate.OPENED, Fate.OPENED, Fate.JOINED, Fate.IGNORED]


def test_what_a_sender_may_not_report_on_is_settled_where_it_is_stored(ward: Ward) -> None:
    batch = [signal(PARTNER, at=ward.clock, key="k"), signal(TargetName("nowhere"), at=ward.clock)]
    with pytest.raises(TransientError, match="about another target than a moment ago"):
        accept(ward.intake, [*batch, signal(WEB, at=ward.clock)], by="b", limit=(PARTNER,))
    receipts = accept(ward.intake, batch, by="b", limit=(PARTNER,))
    assert [one.fate for one in receipts] == [Fate.OPENED, Fate.IGNORED]


def test_a_signal_of_an_undeclared_target_says_why_it_leads_to_nothing(ward: Ward) -> None:
    receipt = ward.receive(signal(TargetName("nowhere"), at=ward.clock))
    assert (receipt.fate, receipt.incident) == (Fate.IGNORED, None)
    assert "no declared target" in receipt.reason


def test_repeats_join_and_raise_count_and_severity(ward: Ward) -> None:
    incident = ward.fall_ill()
    ward.clock.advance(MINUTE)
    joined = ward.receive(signal(at=ward.clock, severity=Severity.CRITICAL))
    assert (joined.fate, joined.incident) == (Fate.JOINED, incident)
    now = ward.dossier(incident).incident
    assert (now.signals, now.severity, now.last_signal_at) == (2, Severity.CRITICAL, ward.clock.now())
    assert now.version == 1


def test_repeats_during_the_run_are_counted_and_change_nothing_else(ward: Ward) -> None:
    patient = ward.patients[WEB]
    patient.on_act = lambda: ward.receive(signal(at=ward.clock)) and None
    incident = ward.fall_ill()
    ward.work()
    assert ward.dossier(incident).closing is Closing.HEALED
    assert ward.dossier(incident).incident.signals == 3
    assert len(ward.view(incident).signals) == 3


def test_a_thousand_repeats_are_one_incident(ward: Ward) -> None:
    receipts = accept(ward.intake, [signal(at=ward.clock) for _ in range(1000)], by="b")
    assert len({one.incident for one in receipts}) == 1
    with ward.ledger.transaction() as tx:
        assert tx.incidents.find()[0].incident.signals == 1000
        assert len(tx.jobs.find()) == 1


def test_a_condition_that_ends_before_anything_is_done_closes_the_incident(ward: Ward) -> None:
    incident = ward.fall_ill(PARTNER)
    ward.work()
    assert ward.dossier(incident).incident.state is IncidentState.AWAITING_APPROVAL
    receipt = ward.receive(replace(ended(ward), target=PARTNER))
    assert receipt.fate is Fate.RESOLVED
    ward.live(20 * MINUTE, tick=MINUTE)
    dossier = ward.dossier(incident)
    assert (dossier.incident.state, dossier.closing) == (IncidentState.CLOSED, Closing.RESOLVED)
    assert dossier.incident.closed_at is not None
    assert ward.patients[PARTNER].effects == {}


def test_an_end_during_the_run_leaves_it_to_its_verification(ward: Ward) -> None:
    fates = []
    ward.patients[WEB].on_act = lambda: fates.append(ward.receive(ended(ward)).fate)
    incident = ward.fall_ill()
    ward.work()
    assert fates == [Fate.IGNORED, Fate.IGNORED]
    assert ward.dossier(incident).closing is Closing.HEALED


def test_an_end_that_meets_a_contract_drawn_up_at_that_moment_leaves_the_run_alone(ward: Ward) -> None:
    incident = ward.fall_ill()
    with ward.ledger.transaction() as tx:
        condition = Condition(WEB, signal(at=ward.clock).signature)
        stale = tx.incidents.recent([condition], since=ward.clock.now())
    claim = ward.claim(ward.due()[0])
    assert claim is not None
    ending = ward.run(claim)
    assert ending is not None
    ward.claimer.finish(claim, ending)

    class Behind:
        """The store as another connection saw it before the line moved on."""

        def __init__(self, store):
            self.store, self.looks = store, 0

        def __getattr__(self, name: str):
            return getattr(self.store, name)

        def recent(self, *of, **since):
            self.looks += 1
            return stale if self.looks == 1 else self.store.recent(*of, **since)

    from grace_workers.orchestration.work.intake import accept_in

    with ward.ledger.transaction() as tx:
        tx.put(IncidentStore, Behind(tx.incidents))
        receipt = accept_in(ward.intake, tx, [ended(ward)], by="b")[0]
    assert receipt.fate is Fate.IGNORED
    ward.work()
    assert ward.dossier(incident).closing is Closing.HEALED
    assert ward.held() == frozenset()


def test_an_end_without_an_incident_leads_to_nothing(ward: Ward) -> None:
    receipt = ward.receive(ended(ward))
    assert (receipt.fate, receipt.incident) == (Fate.IGNORED, None)
    with ward.ledger.transaction() as tx:
        assert tx.jobs.find(state=JobState.QUEUED) == []


def test_a_healed_problem_that_recurs_is_a_new_incident(ward: Ward) -> None:
    first = ward.fall_ill()
    ward.work()
    ward.clock.advance(MINUTE)
    ward.patients[WEB].ill = 1.0
    second = ward.fall_ill(key="again")
    ward.work()
    assert second != first
    assert ward.dossier(second).closing is Closing.HEALED
    assert ward.patients[WEB].effects == {"first": 2, "second": 2}
