"""What repeats, late deliveries and single ends lead to: what still fires is noticed, and the members are kept."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from grace_workers.foundation.ids import IncidentId
from grace_workers.orchestration import operations, switches
from grace_workers.orchestration.dossier import Closing, Fate, Receipt
from grace_workers.orchestration.work.intake import accept
from grace_workers.signals import IncidentState, Severity, SignalStatus
from tests.builders import PARTNER, WEB, Ward, signal

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def ward() -> Ward:
    return Ward()


def alert(ward: Ward, member: str = "", *, ended: bool = False, **changes: Any):
    status = SignalStatus.RESOLVED if ended else SignalStatus.FIRING
    key = f"alertmanager:{member}:2026:{status}"
    return signal(at=ward.clock, key=key, **{"member": member, "status": status, "began_at": BEGAN, **changes})


def sent(ward: Ward, member: str = "", **changes: Any) -> Receipt:
    return ward.receive(alert(ward, member, **changes))


def state(ward: Ward, of: IncidentId | None) -> IncidentState:
    assert of is not None
    return ward.dossier(of).incident.state


def turn(ward: Ward, name: str, on: bool) -> None:
    switches.turn(ward.ledger, ward.clock, name, on=on, reason="r", by="ann")


@pytest.mark.parametrize("switch", ["freeze", "kill"])
def test_a_repeat_after_a_switch_is_off_opens_what_the_switch_refused(ward: Ward, switch: str) -> None:
    turn(ward, switch, on=True)
    first = sent(ward)
    ward.live(MINUTE)
    assert state(ward, first.incident) is IncidentState.REFUSED
    assert sent(ward).fate is Fate.JOINED
    assert state(ward, first.incident) is IncidentState.REFUSED
    turn(ward, switch, on=False)
    again = sent(ward)
    assert (again.fate, again.incident) == (Fate.REVIVED, first.incident)
    ward.work()
    assert first.incident is not None
    assert ward.dossier(first.incident).closing is Closing.HEALED


def test_a_persons_no_is_not_undone_by_a_repeat(ward: Ward) -> None:
    incident = ward.fall_ill(PARTNER, key="k")
    ward.live(MINUTE)
    ward.live(timedelta(minutes=20), tick=MINUTE)
    assert state(ward, incident) is IncidentState.REFUSED
    again = ward.receive(signal(PARTNER, at=ward.clock, key="k"))
    assert (again.fate, again.incident) in {(Fate.JOINED, incident), (Fate.OPENED, again.incident)}
    assert again.fate is not Fate.REVIVED


def test_a_repeat_is_absorbed_while_its_incident_is_under_way(ward: Ward) -> None:
    first = sent(ward, "a")
    again = sent(ward, "a")
    assert (again.fate, again.incident, again.signal) == (Fate.REPEATED, first.incident, first.signal)


def test_a_repeat_right_after_the_cure_is_an_echo_and_a_later_one_opens(ward: Ward) -> None:
    first = sent(ward, "a")
    ward.work()
    assert state(ward, first.incident) is IncidentState.CLOSED
    assert sent(ward, "a").fate is Fate.REPEATED
    ward.clock.advance(MINUTE)
    again = sent(ward, "a")
    assert again.fate is Fate.OPENED
    assert again.incident != first.incident
    with ward.ledger.transaction() as tx:
        assert [len(tx.signals.find(incident=one.incident)) for one in (first, again)] == [1, 1]


def test_a_signal_that_fires_again_after_its_end_opens_at_once_under_its_old_key(ward: Ward) -> None:
    first, ended, again = sent(ward, "a"), sent(ward, "a", ended=True), sent(ward, "a")
    assert [one.fate for one in (first, ended, again)] == [Fate.OPENED, Fate.RESOLVED, Fate.OPENED]
    assert sent(ward, "a", ended=True).fate is Fate.RESOLVED


def test_what_fires_again_after_an_end_that_came_during_the_run_opens_at_once(ward: Ward) -> None:
    first = sent(ward, "a")
    ward.patients[WEB].on_act = lambda: sent(ward, "a", ended=True) and None
    ward.work()
    assert state(ward, first.incident) is IncidentState.CLOSED
    assert sent(ward, "a").fate is Fate.OPENED


def test_a_repeat_of_what_rests_with_people_is_counted_and_opens_after_the_window(ward: Ward) -> None:
    first = sent(ward, labels={"cause": "unknown"})
    ward.work()
    assert state(ward, first.incident) is IncidentState.ESCALATED
    assert sent(ward, labels={"cause": "unknown"}).fate is Fate.JOINED
    ward.clock.advance(HOUR)
    assert sent(ward, labels={"cause": "unknown"}).fate is Fate.OPENED


def test_a_repeat_of_what_a_person_dismissed_opens_later(ward: Ward) -> None:
    first = sent(ward, labels={"cause": "unknown"})
    ward.work()
    operations.close(ward.ledger, ward.clock, first.incident, by="ann", reason="it is fine")
    ward.clock.advance(MINUTE)
    assert sent(ward, labels={"cause": "unknown"}).fate is Fate.OPENED


def test_a_key_of_one_target_swallows_no_signal_of_another(ward: Ward) -> None:
    one = ward.receive(signal(WEB, at=ward.clock, key="k"))
    other = ward.receive(signal(PARTNER, at=ward.clock, key="k"))
    assert (one.fate, other.fate) == (Fate.OPENED, Fate.OPENED)
    assert one.incident != other.incident


def test_what_named_no_target_is_matched_once_the_target_is_declared(ward: Ward) -> None:
    blind = replace(ward.intake, targets={})
    assert accept(blind, [signal(at=ward.clock, key="k")], by="b")[0].fate is Fate.IGNORED
    assert accept(blind, [signal(at=ward.clock, key="k")], by="b")[0].fate is Fate.REPEATED
    assert ward.receive(signal(at=ward.clock, key="k")).fate is Fate.OPENED


def test_what_began_before_a_cure_and_is_first_delivered_after_it_opens(ward: Ward) -> None:
    began = ward.clock.now()
    ward.fall_ill(key="a")
    ward.work()
    late = ward.receive(
        signal(at=ward.clock, key="b", member="b", began_at=began, observed_at=ward.clock.now() + SECOND)
    )
    assert late.fate is Fate.OPENED


def test_a_sender_whose_clock_is_behind_counts_after_a_while(ward: Ward) -> None:
    ward.fall_ill(key="a")
    ward.work()
    behind = ward.clock.now() - HOUR
    assert ward.receive(signal(at=ward.clock, key="b", observed_at=behind)).fate is Fate.IGNORED
    ward.clock.advance(3 * MINUTE)
    assert ward.receive(signal(at=ward.clock, key="b", observed_at=behind)).fate is Fate.OPENED


def test_an_incident_stays_open_until_the_last_that_fires_has_ended(ward: Ward) -> None:
    first, second = sent(ward, "a"), sent(ward, "b")
    assert second.incident == first.incident
    one = sent(ward, "a", ended=True)
    assert (one.fate, one.incident) == (Fate.JOINED, first.incident)
    assert "1 still fires: b" in one.reason
    assert state(ward, first.incident) is IncidentState.OPEN
    assert sent(ward, "b", ended=True).fate is Fate.RESOLVED
    assert state(ward, first.incident) is IncidentState.CLOSED


def test_the_end_of_one_that_did_not_fire_ends_nothing(ward: Ward) -> None:
    first = sent(ward, "a")
    assert sent(ward, "c", ended=True).fate is Fate.IGNORED
    assert state(ward, first.incident) is IncidentState.OPEN


def test_the_same_end_twice_counts_once(ward: Ward) -> None:
    first = sent(ward, "a")
    sent(ward, "b")
    assert [sent(ward, "a", ended=True).fate for _ in range(2)] == [Fate.JOINED, Fate.REPEATED]
    assert state(ward, first.incident) is IncidentState.OPEN


def test_the_end_of_an_earlier_firing_does_not_end_the_present_one(ward: Ward) -> None:
    now = ward.clock.now()
    first = sent(ward, "a", began_at=now)
    late = replace(alert(ward, "a", ended=True, began_at=now - HOUR), delivery_key="late")
    assert ward.receive(late).fate is Fate.IGNORED
    assert state(ward, first.incident) is IncidentState.OPEN


def test_who_vanished_in_silence_holds_an_incident_open_for_a_while_only(ward: Ward) -> None:
    first = sent(ward, "a", labels={"cause": "unknown"})
    sent(ward, "gone", labels={"cause": "unknown"})
    ward.work()
    assert state(ward, first.incident) is IncidentState.ESCALATED
    ward.clock.advance(3 * HOUR)
    again = sent(ward, "a", labels={"cause": "unknown"})
    assert sent(ward, "a", ended=True).fate is Fate.JOINED
    sent(ward, "a", labels={"cause": "unknown"})
    ward.clock.advance(3 * HOUR)
    assert sent(ward, "a", ended=True).fate is Fate.RESOLVED
    assert {state(ward, one) for one in (first.incident, again.incident)} == {IncidentState.CLOSED}


def test_repeats_keep_a_member_alive(ward: Ward) -> None:
    first = sent(ward, "a", labels={"cause": "unknown"})
    sent(ward, "b", labels={"cause": "unknown"})
    for _ in range(4):
        ward.clock.advance(4 * HOUR)
        sent(ward, "b", labels={"cause": "unknown"})
    assert sent(ward, "a", ended=True).fate is Fate.IGNORED
    assert state(ward, first.incident) is not IncidentState.CLOSED


def test_who_fired_before_a_cure_holds_no_later_incident_open(ward: Ward) -> None:
    sent(ward, "a")
    sent(ward, "b")
    ward.work()
    ward.clock.advance(MINUTE)
    assert sent(ward, "a").fate is Fate.OPENED
    assert sent(ward, "a", ended=True).fate is Fate.RESOLVED


def test_an_end_without_a_name_ends_all(ward: Ward) -> None:
    sent(ward, "a")
    sent(ward, "b")
    assert sent(ward, ended=True).fate is Fate.RESOLVED


@pytest.mark.parametrize("ended_first", [True, False])
def test_an_incident_stays_open_if_one_signal_ends_as_another_begins(ward: Ward, ended_first: bool) -> None:
    first = sent(ward, "a")
    batch = [alert(ward, "a", ended=True), alert(ward, "b")]
    receipts = accept(ward.intake, batch if ended_first else batch[::-1], by="b")
    assert {one.fate for one in receipts} == {Fate.JOINED}
    assert state(ward, first.incident) is IncidentState.OPEN
    assert sent(ward, "b", ended=True).fate is Fate.RESOLVED


def test_a_whole_story_in_one_delivery_ends_as_it_does_in_three(ward: Ward) -> None:
    story = [alert(ward, "a"), alert(ward, "a"), alert(ward, "a", ended=True)]
    assert [one.fate for one in accept(ward.intake, story, by="b")] == [Fate.OPENED, Fate.REPEATED, Fate.RESOLVED]


def test_an_end_before_its_beginning_leads_to_nothing_and_the_beginning_opens(ward: Ward) -> None:
    assert [sent(ward, "a", ended=True).fate, sent(ward, "a").fate] == [Fate.IGNORED, Fate.OPENED]


@pytest.mark.slow
def test_a_thousand_members_fire_and_end_and_the_last_closes(ward: Ward) -> None:
    names = [f"pod-{number}" for number in range(1000)]
    accept(ward.intake, [alert(ward, name) for name in names], by="b")
    ends = accept(ward.intake, [alert(ward, name, ended=True) for name in names], by="b")
    assert {one.fate for one in ends[:-1]} == {Fate.JOINED}
    assert ends[-1].fate is Fate.RESOLVED


def test_severity_that_grows_while_it_is_parked_gives_no_better_place(ward: Ward) -> None:
    ward.intake = replace(ward.intake, shares=replace(ward.intake.shares, under_way=1))
    sent(ward, "x")
    quiet = ward.receive(signal(at=ward.clock, severity=Severity.INFO, signature="other~1"))
    ward.receive(signal(at=ward.clock, severity=Severity.CRITICAL, signature="other~1"))
    assert quiet.incident is not None
    now = ward.dossier(quiet.incident).incident
    assert (now.parked, now.severity, now.priority) == (True, Severity.CRITICAL, 3)
