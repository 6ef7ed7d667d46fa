"""Which instances are quarantined, and which must not be: the two guards, the way back, and the way out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grace_workers.fleet import (
    CanaryCount,
    Chart,
    Instance,
    InstanceHealth,
    QuarantineRules,
    ScorePart,
    is_serving,
    next_moves,
    require_dispensable,
    score_of,
    sick_since,
)
from grace_workers.foundation.errors import ConflictError
from grace_workers.foundation.ids import InstanceName

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RULES = QuarantineRules()
LONG = timedelta(hours=1)
NAMES = ("alice", "bob", "carol", "dave")


def instance(name: str, health: InstanceHealth = InstanceHealth.HEALTHY, **facts) -> Instance:
    known = {"pools": ("healing",), "roles": ("control",), "score": 1.0, **facts}
    return Instance(name=InstanceName(name), epoch=1, health=health, registered_at=NOW, heartbeat_at=NOW, **known)


def sick(name: str, **facts) -> Chart:
    parts = (ScorePart(name="disk", value=0.2, why="99% used"),)
    return Chart(instance=instance(name, score=0.2, parts=parts, **facts), sick_for=LONG)


def well(name: str, **facts) -> Chart:
    return Chart(instance=instance(name, **facts))


def apart(health: InstanceHealth, *, for_: timedelta = timedelta(0), attempts: int = 0, **facts) -> Chart:
    canaries = facts.pop("canaries", CanaryCount())
    return Chart(instance=instance("alice", health, health_for=for_, attempts=attempts, **facts), canaries=canaries)


def only(charts):
    (move,) = next_moves(charts, RULES)
    return move


def test_an_instance_with_a_low_score_for_long_enough_is_quarantined_for_the_worst_part():
    move = only([sick("alice"), well("bob")])
    assert (move.name, move.before, move.after) == ("alice", InstanceHealth.HEALTHY, InstanceHealth.QUARANTINED)
    assert move.why == "score 0.20: disk 0.20, 99% used"


def test_a_short_sickness_is_waited_out():
    chart = replace(sick("alice"), sick_for=RULES.sick_for - timedelta(milliseconds=1))
    assert next_moves([chart, well("bob")], RULES) == []


def test_the_last_instance_of_a_pool_is_never_quarantined():
    assert next_moves([sick("alice")], RULES) == []
    assert next_moves([sick("alice"), well("bob", pools=("coding",))], RULES) == []
    assert next_moves([sick("alice"), well("bob", silent_for=LONG)], RULES) == []
    assert next_moves([sick("alice"), well("bob", health=InstanceHealth.DRAINING)], RULES) == []


def test_of_two_sick_instances_the_sicker_is_quarantined():
    worse = replace(sick("bob"), instance=replace(sick("bob").instance, score=0.1))
    assert only([sick("alice"), worse, well("carol")]).name == "bob"


def test_no_instance_is_quarantined_when_all_scores_are_low():
    assert next_moves([sick("alice"), sick("bob"), sick("carol")], RULES) == []


def test_only_a_share_of_the_fleet_is_apart_at_once():
    fleet = [sick(name) for name in NAMES] + [well("erin"), well("frank")]
    assert len(next_moves(fleet, RULES)) == 2
    assert next_moves([apart(InstanceHealth.RETIRED), sick("bob"), well("carol"), well("dave")], RULES) == []


def test_a_score_must_rise_clearly_before_a_sickness_is_forgotten():
    since = sick_since(None, 0.3, 10.0, RULES)
    assert since == 10.0
    assert sick_since(since, 0.3, 11.0, RULES) == 10.0
    assert sick_since(since, 0.45, 12.0, RULES) == 10.0
    assert sick_since(since, 0.5, 13.0, RULES) is None
    assert sick_since(None, 0.45, 14.0, RULES) is None


def test_a_late_heartbeat_lowers_the_score_that_the_node_gave_itself():
    assert score_of(instance("alice")) == 1.0
    assert score_of(instance("alice", silent_for=timedelta(seconds=2))) == 0.2


def test_repair_begins_at_once_unless_a_person_holds_the_instance():
    assert only([apart(InstanceHealth.QUARANTINED), well("bob")]).after is InstanceHealth.REPAIRING
    assert next_moves([apart(InstanceHealth.QUARANTINED, held=True, for_=LONG), well("bob")], RULES) == []


def test_canaries_that_all_succeed_let_it_back_in():
    move = only([apart(InstanceHealth.VALIDATING, attempts=2, canaries=CanaryCount(asked=2, succeeded=2)), well("bob")])
    assert (move.after, move.attempts) == (InstanceHealth.HEALTHY, 0)


@pytest.mark.parametrize("canaries", [CanaryCount(), CanaryCount(asked=2, succeeded=1)])
def test_canaries_on_their_way_are_awaited_but_not_for_ever(canaries):
    assert next_moves([apart(InstanceHealth.VALIDATING, canaries=canaries)], RULES) == []
    late = RULES.validate_within + timedelta(milliseconds=1)
    assert only([apart(InstanceHealth.VALIDATING, for_=late, canaries=canaries)]).after is InstanceHealth.REPAIRING


@pytest.mark.parametrize(
    "chart",
    [
        apart(InstanceHealth.VALIDATING, attempts=2, canaries=CanaryCount(asked=2, failed=1)),
        apart(InstanceHealth.VALIDATING, attempts=2, for_=LONG),
        apart(InstanceHealth.REPAIRING, attempts=2, for_=LONG),
    ],
)
def test_the_last_failed_attempt_retires_it(chart):
    move = only([chart, well("bob")])
    assert (move.after, move.attempts) == (InstanceHealth.RETIRED, 3)
    assert move.why.endswith("attempt 3 of 3")


@pytest.mark.parametrize("health", [InstanceHealth.RETIRED, InstanceHealth.DRAINING])
def test_the_retired_and_the_draining_are_let_be(health):
    assert next_moves([apart(health, for_=LONG), well("bob")], RULES) == []


def test_a_person_is_told_which_pool_would_be_lost():
    with pytest.raises(ConflictError, match=r"alice is the last healthy instance that serves coding; .*--force"):
        require_dispensable(instance("alice", pools=("coding", "healing")), [instance("bob")])
    require_dispensable(instance("alice"), [instance("bob")])
    require_dispensable(instance("alice", InstanceHealth.VALIDATING), [])


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(st.data())
def test_no_order_of_judgements_takes_the_last_healthy_instance_of_a_pool(data):
    pools = st.sets(st.sampled_from(["healing", "coding", "orchestration"]), min_size=1)
    fleet = {name: instance(name, pools=tuple(sorted(data.draw(pools)))) for name in NAMES}
    wanted = {pool for one in fleet.values() for pool in one.pools}
    for _ in range(data.draw(st.integers(1, 8))):
        if data.draw(st.booleans()):
            charts = [
                Chart(
                    instance=replace(one, score=data.draw(st.floats(0, 1)), health_for=LONG),
                    sick_for=data.draw(st.sampled_from([None, LONG])),
                    canaries=data.draw(st.sampled_from([CanaryCount(), CanaryCount(asked=1, succeeded=1)])),
                )
                for one in data.draw(st.permutations(list(fleet.values())))
            ]
            for move in next_moves(charts, RULES):
                fleet[move.name] = replace(fleet[move.name], health=move.after, attempts=move.attempts)
        else:
            chosen = fleet[data.draw(st.sampled_from(NAMES))]
            try:
                require_dispensable(chosen, [one for one in fleet.values() if one is not chosen])
            except ConflictError:
                continue
            fleet[chosen.name] = replace(chosen, health=InstanceHealth.QUARANTINED, held=True)
        assert wanted == {pool for one in fleet.values() if is_serving(one) for pool in one.pools}
