"""An incident as the stages of the line."""

from grace_workers.entrypoints.dashboard.stages import LINE, readings, stages


def happening(stage, state, second, took=0.5):
    return {"at": f"2026-11-29T12:00:{second:02}+00:00", "stage": stage, "state": state, "took": took}


def story(state, *timeline, **more):
    return {"state": state, "timeline": list(timeline), "plan": None, "baseline": {}, "afterwards": {}, **more}


def test_a_new_incident_is_at_its_diagnosis_and_the_rest_is_to_come():
    found = {one.name: one.tone for one in stages(story("open", happening("signal", "open", 0)))}
    assert tuple(found) == LINE
    assert (found["signal"], found["diagnosis"], found["plan"]) == ("good", "busy", "pending")
    assert stages(story("open", happening("signal", "open", 0)))[-1].state == "to come"


def test_an_incident_that_waits_for_a_person_stands_at_governance():
    waits = story("awaiting_approval", happening("signal", "open", 0), happening("governance", "awaiting_approval", 4))
    found = {one.name: one for one in stages(waits)}
    assert (found["governance"].tone, found["governance"].state) == ("warn", "awaiting_approval")


def test_an_incident_that_the_line_gave_up_shows_where_and_how_long_it_had_waited():
    ended = story("escalated", happening("signal", "open", 0), happening("diagnosis", "escalated", 9, took=2.0))
    found = {one.name: one for one in stages(ended)}
    assert (found["diagnosis"].tone, found["diagnosis"].took, found["diagnosis"].waited) == ("bad", 2.0, 7.0)
    assert (found["plan"].tone, found["plan"].state) == ("pending", "not reached")


def test_the_readings_of_a_plan_stand_beside_what_was_expected():
    expected = {
        "id": "quick",
        "check": "http_latency_ms",
        "target": "shop",
        "operator": "<=",
        "bound": 300.0,
        "within": 6.0,
        "hold": 0.0,
    }
    (found,) = readings(
        story("closed", plan={"expectations": [expected]}, baseline={"quick": 764.0}, afterwards={"quick": 120.0})
    )
    assert (found.before, found.after, found.expected) == (764.0, 120.0, "<= 300 within 6 s")
    assert readings(story("open")) == []
