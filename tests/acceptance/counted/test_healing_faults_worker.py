"""A worker process is killed (kill -9) at every boundary and in between: its incidents heal, and heal once.

First comes what the node does for its users while nothing harms it.
"""

import random
import re
import subprocess
import sys

import httpx
import psycopg
import pytest

from grace_workers import Grace
from tests.acceptance.counted.gate import Place, gates, until_stopped
from tests.acceptance.counted.promises import begin, healed_once
from tests.acceptance.counted.scene import PLAYBOOKS
from tests.acceptance.fleet import ROOT
from tests.waiting import let_pass, until

pytestmark = [pytest.mark.servers, pytest.mark.nodes, pytest.mark.fleet]

# What quick stages find is stored together, so the incident leaves all their states at once.
DECIDING = [Place("open")] * 4
ACTING = [
    Place("contracted"),
    Place("snapshotted", "steps"),
    Place("intended", "steps"),
    Place("snapshotted"),
    Place("executed"),
    Place("verified"),
]
STAGES = ["signal", "diagnosis", "plan", "governance", "contract", "snapshot", "execute", "verify", "learn"]


@pytest.fixture(params=["http", "database"])
def grace(request, house):
    """A client by each way that needs no transaction of the caller's."""
    http = {"url": house.url, "token": house.token}
    with Grace(**http if request.param == "http" else {"database_url": house.node.database_url}) as made:
        yield made


def test_the_example_of_the_readme_does_what_it_says(house, shop_db):
    example = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL).group(1)
    assert example.count("http://127.0.0.1:8642") == example.count("…") == 1
    program = example.replace("http://127.0.0.1:8642", house.url).replace("…", house.token)
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=90, check=False)
    assert done.stdout == "succeeded\n", done.stderr
    with psycopg.connect(shop_db) as session:
        assert session.execute("SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'orders'").fetchone() == (0,)


def test_a_handle_follows_its_heal_to_the_end_whichever_way(house, fresh, grace):
    (target,) = fresh("files", 1)
    handle = grace.heal(target, playbook="append", reason="a line is missing")
    assert handle.wait(timeout=30) == "succeeded"
    healed_once(house, [target])
    assert handle.state() == "succeeded"
    ending = handle.result()
    assert (ending["state"], ending["closing"], ending["verdict"]) == ("closed", "healed", "passed")
    timeline = handle.timeline()
    assert [line["stage"] for line in timeline] == STAGES
    assert sorted(timeline, key=lambda line: line["at"]) == timeline
    assert timeline[-1]["headline"] == "healed by append"


def test_a_job_of_the_fleets_own_succeeds_when_requested(grace):
    handle = grace.orchestrate("cycle.triggers")
    assert handle.wait(timeout=30) == "succeeded"
    assert handle.result() is not None


def test_an_edited_playbook_is_taken_over_at_once_and_a_plan_keeps_what_it_was_made_from(house, fresh):
    planned, later = fresh("files", 2)
    text = (PLAYBOOKS / "append.yaml").read_text().replace("append\n", "append_anew\n", 1)
    house.scene.write("append_anew", text)
    first = digest_of(house, "append_anew")
    with gates(house, [(planned, Place("open"))]):
        house.ask_for(planned, "append_anew")
        until_stopped(house, 1)
        # From here on the line goes into the second file.
        house.scene.write("append_anew", text.replace("label.file", "label.second").replace("version: 1", "version: 2"))
        second = digest_of(house, "append_anew")
    healed_once(house, [planned])
    house.ask_for(later, "append_anew")
    house.until_at_rest([later], within=30)
    assert house.endings([later]) == {"healed": 1}
    assert (house.scene.effects(later), house.scene.effects(f"{later}-second")) == (0, 1)
    assert first != second
    assert (pinned(house, planned), pinned(house, later)) == (first, second)


def digest_of(house, playbook):
    """Return the digest of the playbook as the fleet reads it now."""
    headers = {"Authorization": f"Bearer {house.token}"}
    answer = httpx.get(f"{house.url}/api/v1/playbooks/{playbook}", headers=headers, timeout=5).raise_for_status()
    return answer.json()["digest"]


def pinned(house, target):
    """Return the digest of the playbook that the target's plan was made from."""
    ((found,),) = house.rows("SELECT dossier->'plan'->>'playbook_digest' FROM incidents WHERE target = %s", target)
    return found


def test_a_handle_of_a_signal_returns_its_fate(house, fresh, grace):
    (target,) = fresh("files", 1)
    handle = grace.signal("NobodyKnowsThis", target=target)
    assert handle.wait(timeout=30) == "succeeded"
    house.until_at_rest([target], within=30)
    told = handle.result()
    assert told["fate"] == "opened"
    assert house.rows("SELECT id::text FROM incidents WHERE target = %s", target) == [(told["incident"],)]


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
    # The early one had to start again, the late one was found done.
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


def test_a_step_with_an_unclear_effect_is_restored_and_escalated_to_people(house, fresh):
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
