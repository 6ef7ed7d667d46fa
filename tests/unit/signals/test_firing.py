"""Which members of a condition fire, and what the end of one of them means."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from grace_workers.foundation.ids import TargetName
from grace_workers.signals import FiringMember, Severity, Signal, SignalStatus, Signature, with_member, without_member
from grace_workers.signals.firing import MOST_MEMBERS, ends_nothing, still

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


def signal(member: str, status: SignalStatus = SignalStatus.FIRING, began_at: datetime | None = None) -> Signal:
    return Signal(
        source="test",
        name="down",
        target=TargetName("shop"),
        severity=Severity.ERROR,
        status=status,
        summary="down",
        signature=Signature("down~0"),
        delivery_key="k",
        observed_at=NOW,
        member=member,
        began_at=began_at,
    )


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=20))
def test_exactly_the_members_fire_whose_last_report_said_so(story: list[tuple[str, bool]]) -> None:
    firing: dict[str, FiringMember] = {}
    for name, begins in story:
        made = signal(name)
        firing = dict(with_member(firing, made, NOW) if begins else without_member(firing, made))
    last = dict(story)
    assert set(firing) == {name for name, begins in last.items() if begins}


def test_the_number_of_members_is_bounded_and_the_longest_silent_is_forgotten() -> None:
    firing = {f"pod-{n}": FiringMember(seen_at=NOW - (n + 1) * timedelta(seconds=1)) for n in range(MOST_MEMBERS)}
    after = with_member(firing, signal("new"), NOW)
    assert len(after) == MOST_MEMBERS
    assert set(firing) - set(after) == {f"pod-{MOST_MEMBERS - 1}"}


def test_the_end_of_an_earlier_firing_of_the_same_member_ends_nothing() -> None:
    firing = {"a": FiringMember(seen_at=NOW, began_at=NOW)}
    assert "earlier firing" in (ends_nothing(signal("a", began_at=NOW - HOUR), firing) or "")
    assert ends_nothing(signal("a", began_at=NOW), firing) is None


def test_the_end_of_a_stranger_ends_nothing_unless_the_condition_fired_as_a_whole() -> None:
    assert ends_nothing(signal("x"), {"a": FiringMember(seen_at=NOW)}) == (
        "x was not known to be firing; 1 still fires: a"
    )
    assert ends_nothing(signal("x"), {"": FiringMember(seen_at=NOW)}) is None
    assert without_member({"": FiringMember(seen_at=NOW)}, signal("x")) == {}
    assert ends_nothing(replace(signal("")), {"a": FiringMember(seen_at=NOW)}) is None


def test_few_of_many_are_named() -> None:
    assert still({name: FiringMember(seen_at=NOW) for name in "dcbae"}) == "5 still fire: a, b, c …"
