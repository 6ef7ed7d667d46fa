"""One incident in its state machine."""

from itertools import combinations

from grace_workers.entrypoints.dashboard.machine import BOX_TALL, BOX_WIDE, TALL, WIDE, machine
from grace_workers.signals import IncidentState


def happening(state, second):
    return {"state": state, "at": f"2026-11-29T12:00:{second:02}+00:00"}


def story(state, *timeline):
    return {"state": state, "opened_at": "2026-11-29T12:00:00+00:00", "timeline": list(timeline)}


def test_every_state_has_a_place_of_its_own_inside_the_picture():
    states = machine(story("open", happening("open", 0))).states
    assert {one.name for one in states} == set(IncidentState)
    assert all(0 <= one.x <= WIDE - BOX_WIDE and 0 <= one.y <= TALL - BOX_TALL for one in states)
    for one, other in combinations(states, 2):
        assert abs(one.x - other.x) >= BOX_WIDE or abs(one.y - other.y) >= BOX_TALL, (one.name, other.name)


def test_the_way_of_an_incident_is_marked_with_its_times():
    drawn = machine(
        story(
            "escalated",
            happening("open", 0),
            happening("open", 1),
            happening("diagnosed", 2),
            happening("escalated", 9),
        )
    )
    found = {one.name: one for one in drawn.states}
    assert (found["open"].tone, found["diagnosed"].when, found["escalated"].tone) == ("good", "+2.0 s", "bad")
    assert (found["closed"].tone, found["closed"].when) == ("pending", "")
    assert sum(one.taken for one in drawn.arrows) == 2
    assert drawn.told == "open +0 ms → diagnosed +2.0 s → escalated +9.0 s"


def test_an_arrow_that_is_seldom_taken_is_drawn_when_it_was():
    usual = machine(story("open", happening("open", 0)))
    again = machine(story("open", happening("open", 0), happening("escalated", 5), happening("open", 9)))
    assert sum(one.taken for one in usual.arrows) == 0
    assert len(again.arrows) == len(usual.arrows) + 1
    assert sum(one.taken for one in again.arrows) == 2
