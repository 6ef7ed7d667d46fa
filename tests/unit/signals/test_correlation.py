from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grace_workers.foundation.ids import TargetName
from grace_workers.signals import (
    RESOLVABLE,
    Ignored,
    Incident,
    IncidentState,
    Joined,
    Known,
    Opened,
    Resolved,
    Revived,
    Severity,
    Signal,
    SignalStatus,
    Signature,
    correlate,
)

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WINDOW = timedelta(hours=1)


def signal(
    *,
    target: str | None = "shop",
    signature: str = "down~0",
    status: SignalStatus = SignalStatus.FIRING,
    severity: Severity = Severity.ERROR,
    at: datetime = NOW,
) -> Signal:
    return Signal(
        source="plain",
        name="down",
        target=TargetName(target) if target else None,
        severity=severity,
        status=status,
        summary="shop is down",
        signature=Signature(signature),
        delivery_key="k",
        observed_at=at,
    )


def incident(state: IncidentState = IncidentState.OPEN, **fields: object) -> Incident:
    given_fields = {
        "target": TargetName("shop"),
        "signature": Signature("down~0"),
        "severity": Severity.WARNING,
        "title": "shop is down",
        "opened_at": NOW - 5 * MINUTE,
        "last_signal_at": NOW - 5 * MINUTE,
        "updated_at": NOW - 5 * MINUTE,
        "closed_at": NOW - MINUTE if state is IncidentState.CLOSED else None,
        **fields,
    }
    return Incident(state=state, **given_fields)


def resolved(at: datetime = NOW) -> Signal:
    return signal(status=SignalStatus.RESOLVED, at=at)


def test_a_first_signal_opens_an_incident() -> None:
    answer = correlate(signal(), [], now=NOW)
    assert isinstance(answer, Opened)
    assert answer.incident.state is IncidentState.OPEN
    assert (answer.incident.target, answer.incident.title, answer.incident.signals) == ("shop", "shop is down", 1)
    assert answer.note == ""


@pytest.mark.parametrize("state", [state for state in IncidentState if state is not IncidentState.CLOSED])
def test_a_repetition_joins_the_open_incident_and_leaves_its_state_and_version(state: IncidentState) -> None:
    open_one = incident(state, version=7)
    answer = correlate(signal(), [open_one], now=NOW)
    assert isinstance(answer, Joined)
    assert answer.incident == replace(open_one, signals=2, severity=Severity.ERROR, last_signal_at=NOW)


def test_joining_never_lowers_the_severity() -> None:
    answer = correlate(signal(severity=Severity.INFO), [incident(severity=Severity.CRITICAL)], now=NOW)
    assert isinstance(answer, Joined)
    assert answer.incident.severity is Severity.CRITICAL


@pytest.mark.parametrize("other", [{"target": "db"}, {"target": None}, {"signature": "slow~1"}])
def test_another_target_or_signature_is_another_incident(other: dict[str, str | None]) -> None:
    assert isinstance(correlate(signal(**other), [incident()], now=NOW), Opened)


@pytest.mark.parametrize("state", [IncidentState.ESCALATED, IncidentState.REFUSED])
def test_an_incident_that_rests_with_people_absorbs_repetitions_and_says_so(state: IncidentState) -> None:
    answer = correlate(signal(), [incident(state)], now=NOW, window=WINDOW)
    assert isinstance(answer, Joined)
    assert str(state) in answer.note


@pytest.mark.parametrize("state", [IncidentState.ESCALATED, IncidentState.REFUSED])
def test_after_the_window_a_repetition_opens_a_new_incident(state: IncidentState) -> None:
    old = incident(state, updated_at=NOW - WINDOW - MINUTE)
    answer = correlate(signal(), [old], now=NOW, window=WINDOW)
    assert isinstance(answer, Opened)
    assert answer.incident.id != old.id
    assert "waited for people" in answer.note


def test_a_running_incident_is_never_outlived() -> None:
    old = incident(IncidentState.CONTRACTED, updated_at=NOW - 10 * WINDOW)
    assert isinstance(correlate(signal(), [old], now=NOW, window=WINDOW), Joined)


def test_a_signal_from_before_the_closing_does_not_open_the_incident_again() -> None:
    at_closing = correlate(signal(at=NOW - MINUTE), [incident(IncidentState.CLOSED)], now=NOW)
    answer = correlate(signal(at=NOW - 2 * MINUTE), [incident(IncidentState.CLOSED)], now=NOW)
    assert isinstance(at_closing, Ignored)
    assert isinstance(answer, Ignored)
    assert "before this incident was closed" in answer.reason


def test_what_says_when_it_began_holds_as_it_is_delivered() -> None:
    late = replace(signal(at=NOW - 2 * MINUTE), began_at=NOW - WINDOW)
    assert isinstance(correlate(late, [incident(IncidentState.CLOSED)], now=NOW), Opened)


def test_a_senders_time_is_believed_for_a_short_while_after_a_closing() -> None:
    old = incident(IncidentState.CLOSED, closed_at=NOW - 3 * MINUTE)
    assert isinstance(correlate(signal(at=NOW - 10 * MINUTE), [old], now=NOW), Opened)


def test_an_end_by_a_clock_that_is_a_little_behind_counts() -> None:
    live = incident(IncidentState.ESCALATED, last_signal_at=NOW - MINUTE)
    assert isinstance(correlate(resolved(NOW - 2 * MINUTE), [live], now=NOW), Resolved)


def test_an_incident_whose_refusal_no_longer_holds_is_revived_by_what_still_fires() -> None:
    refused = incident(IncidentState.REFUSED)
    answer = correlate(signal(), [refused], now=NOW, known=Known(revivable=[refused.id]))
    assert isinstance(answer, Revived)
    assert (answer.incident.id, answer.incident.signals) == (refused.id, 2)
    assert isinstance(correlate(resolved(), [refused], now=NOW, known=Known(revivable=[refused.id])), Resolved)


def test_a_signal_from_after_the_closing_opens_a_new_incident() -> None:
    assert isinstance(correlate(signal(), [incident(IncidentState.CLOSED)], now=NOW), Opened)


def test_a_condition_that_keeps_coming_back_is_noted() -> None:
    answer = correlate(signal(), [incident(IncidentState.CLOSED), incident(IncidentState.CLOSED)], now=NOW)
    assert isinstance(answer, Opened)
    assert (answer.note, answer.incident.flapping) == ("opened 3 times within 1 h", False)
    long_ago = [incident(IncidentState.CLOSED, opened_at=NOW - 61 * MINUTE) for _ in range(9)]
    assert correlate(signal(), long_ago, now=NOW).note == ""


def test_the_fifth_opening_within_an_hour_is_of_a_condition_that_flaps() -> None:
    answer = correlate(signal(), [incident(IncidentState.CLOSED) for _ in range(4)], now=NOW)
    assert isinstance(answer, Opened)
    assert answer.incident.flapping
    assert "opened 5 times within 1 h: it is flapping, so nothing is done about it without a person" in answer.note


@pytest.mark.parametrize("state", [IncidentState.ESCALATED, IncidentState.REFUSED, IncidentState.AWAITING_APPROVAL])
def test_a_condition_that_flaps_stays_one_incident_whatever_comes_and_ends(state: IncidentState) -> None:
    live = incident(state, flapping=True, updated_at=NOW - 3 * WINDOW)
    for one in (signal(), resolved()):
        answer = correlate(one, [live], now=NOW)
        assert isinstance(answer, Joined)
        assert (answer.incident.id, answer.incident.state, answer.incident.signals) == (live.id, state, 2)
        assert "it is flapping: signals are only counted until 30 min have passed without one" in answer.note


@pytest.mark.parametrize("state", sorted(RESOLVABLE))
def test_the_end_of_a_condition_closes_an_incident_that_nothing_was_done_for(state: IncidentState) -> None:
    answer = correlate(resolved(), [incident(state)], now=NOW)
    assert isinstance(answer, Resolved)
    assert answer.incident.state is IncidentState.CLOSED
    assert answer.incident.closed_at == NOW
    assert str(state) in answer.reason


@pytest.mark.parametrize("state", sorted(set(IncidentState) - RESOLVABLE - {IncidentState.CLOSED}))
def test_the_end_of_a_condition_leaves_a_run_to_its_own_verification(state: IncidentState) -> None:
    answer = correlate(resolved(), [incident(state)], now=NOW)
    assert isinstance(answer, Ignored)
    assert "verifies" in answer.reason


def test_an_end_without_an_open_incident_is_ignored_with_a_reason() -> None:
    answer = correlate(resolved(), [incident(IncidentState.CLOSED)], now=NOW)
    assert isinstance(answer, Ignored)
    assert "no open incident" in answer.reason


def test_an_end_older_than_the_newest_observation_is_ignored() -> None:
    answer = correlate(resolved(NOW - 10 * MINUTE), [incident()], now=NOW)
    assert isinstance(answer, Ignored)
    assert "older" in answer.reason


MOMENTS = st.integers(-120, 0).map(lambda minutes: NOW + minutes * MINUTE)
INCIDENTS = st.builds(
    lambda state, opened, updated, sign: incident(
        state, opened_at=opened, updated_at=updated, last_signal_at=opened, signature=Signature(sign)
    ),
    st.sampled_from(IncidentState),
    MOMENTS,
    MOMENTS,
    st.sampled_from(["down~0", "slow~1"]),
)


@given(st.lists(INCIDENTS, max_size=5), st.sampled_from(SignalStatus), MOMENTS)
def test_no_signal_ever_changes_an_incident_of_another_kind_or_a_closed_one(
    incidents: list[Incident], status: SignalStatus, at: datetime
) -> None:
    answer = correlate(signal(status=status, at=at), incidents, now=NOW)
    if isinstance(answer, Joined | Resolved):
        before = next(one for one in incidents if one.id == answer.incident.id)
        assert before.state is not IncidentState.CLOSED
        assert before.signature == "down~0"
        assert answer.incident.version == before.version
    elif isinstance(answer, Opened):
        assert answer.incident.id not in {one.id for one in incidents}
    else:
        assert answer.reason


@given(st.lists(st.sampled_from(["a", "b"]), min_size=1, max_size=8))
def test_any_order_of_signals_ends_with_one_open_incident_for_each_signature(order: list[str]) -> None:
    incidents: dict[object, Incident] = {}
    for name in order:
        answer = correlate(signal(signature=name), list(incidents.values()), now=NOW)
        assert isinstance(answer, Opened | Joined)
        incidents[answer.incident.id] = answer.incident
    assert {one.signature: one.signals for one in incidents.values()} == {name: order.count(name) for name in order}
