"""A worker process dies by kill -9, at every boundary and in the middle: its incidents heal, and heal once."""

import random

import pytest

from tests.acceptance.counted.gate import Place, gates, until_stopped
from tests.acceptance.counted.promises import begin, healed_once
from tests.waiting import let_pass, until

pytestmark = [pytest.mark.servers, pytest.mark.nodes]

DECIDING = [Place(state) for state in ("open", "diagnosed", "planned", "granted")]
ACTING = [
    Place("contracted"),
    Place("snapshotted", "steps"),
    Place("intended", "steps"),
    Place("snapshotted"),
    Place("executed"),
    Place("verified"),
]


@pytest.mark.parametrize(
    ("pool", "places"), [("orchestration", DECIDING), ("healing", ACTING)], ids=["deciding", "acting"]
)
@pytest.mark.parametrize("kind", ["files", "services"])
def test_a_worker_killed_at_the_end_of_any_stage_is_taken_over_and_acts_once(house, fresh, pool, places, kind):
    targets = fresh(kind, len(places))
    with gates(house, list(zip(targets, places, strict=True))):
        begin(house, targets)
        until_stopped(house, len(places))
        victim = house.pid(pool)
        house.kill(pool)
    healed_once(house, targets)
    house.until_back(pool, victim)
    house.assert_sound()


def test_a_worker_killed_before_or_after_a_steps_effect_leaves_it_done_once(house, fresh):
    early, late = fresh("files", 2)
    house.ask_for(early, before="1500ms")
    house.ask_for(late, after="1500ms")
    until(lambda: house.scene.attempts(early) == 1 and house.scene.effects(late) == 1, within=20)
    house.kill("healing")
    healed_once(house, [early, late])
    # The early one had to begin again, the late one was found done.
    assert (house.scene.attempts(early), house.scene.attempts(late)) == (2, 1)
    house.assert_sound()


def test_a_worker_killed_in_a_later_step_does_not_take_the_earlier_one_again(house, fresh):
    (target,) = fresh("files", 1)
    second = f"{target}-second"
    house.ask_for(target, "append_both", before="1500ms")
    until(lambda: house.scene.attempts(second) == 1, within=20)
    house.kill("healing")
    healed_once(house, [target])
    assert house.scene.effects(second) == 1
    assert house.scene.attempts(target) == 1
    house.assert_sound()


def test_a_worker_killed_while_a_service_starts_does_not_start_it_again(house, fresh):
    (service,) = fresh("slow_services", 1)
    house.break_down(service)
    until(lambda: house.scene.effects(service) == 1, within=20)
    house.kill("healing")
    healed_once(house, [service])
    assert house.scene.runs(service)
    house.assert_sound()


def test_a_worker_killed_while_it_verifies_verifies_again_and_does_not_act(house, fresh):
    (target,) = fresh("files", 1)
    house.ask_for(target, "append_and_look")
    until(lambda: house.state_of(target) == "executed", within=20)
    house.kill("healing")
    healed_once(house, [target])
    assert house.scene.attempts(target) == 1
    house.assert_sound()


@pytest.mark.parametrize(
    "place",
    [Place("done", "steps"), Place("executed"), Place("restored")],
    ids=["putting back", "put back", "learning"],
)
def test_a_worker_killed_while_it_puts_back_leaves_everything_as_it_was(house, fresh, place):
    (target,) = fresh("files", 1)
    with gates(house, [(target, place)]):
        house.ask_for(target, "append_in_vain")
        until_stopped(house, 1)
        house.kill("healing")
    house.until_at_rest([target], within=30)
    assert house.endings([target]) == {"restored": 1}
    assert house.scene.effects(target) == 0
    assert house.scene.attempts(target) == 1
    house.assert_sound()


def test_a_step_that_cannot_tell_whether_it_acted_is_put_back_and_handed_to_people(house, fresh):
    (target,) = fresh("files", 1)
    house.ask_for(target, "append_blindly", after="1500ms")
    until(lambda: house.scene.effects(target) == 1, within=20)
    house.kill("healing")
    house.until_at_rest([target], within=30)
    assert house.endings([target]) == {"restored": 1}
    assert house.scene.effects(target) == 0
    assert house.scene.attempts(target) == 1
    house.assert_sound()


def test_many_incidents_under_random_kills_all_heal_once(house, fresh):
    chance = random.Random(20261121)
    targets = fresh("files", 30) + fresh("services", 10)
    chance.shuffle(targets)
    for number, pool in enumerate(("healing", "orchestration", "healing", "orchestration")):
        begin(house, targets[number::4])
        let_pass(chance.uniform(0.0, 0.3))
        house.kill(pool)
    healed_once(house, targets, within=60)
    house.assert_sound()
