"""The other processes of a node are killed (kill -9) or frozen, servers too: every heal ends, and is done once."""

import os
import shutil
import signal

import pytest
import redis

from grace_workers.drivers.process.incarnation import read_pid_file
from tests.acceptance.counted.gate import Place, gates, until_stopped
from tests.acceptance.counted.promises import begin, healed_once
from tests.waiting import let_pass, until

pytestmark = [pytest.mark.servers, pytest.mark.nodes, pytest.mark.fleet]

FROZEN = 3.0


def some(fresh):
    return fresh("files", 4) + fresh("services", 3)


def test_a_relay_killed_between_sending_and_noting_it_sends_again_and_nothing_runs_twice(house, fresh):
    targets = fresh("files", 3)
    control = house.pid("control")
    places = [(target, Place("rung", "jobs")) for target in targets]
    # Nothing takes the jobs, so the relay gets to mark them as rung.
    with gates(house, places), house.frozen(house.pid("orchestration")):
        house.ask_silently(targets)
        until_stopped(house, 1)
        house.kill("control")
    healed_once(house, targets)
    house.until_back("control", control)
    house.assert_sound()


def test_a_control_process_killed_under_load_loses_no_entry_of_the_audit_log(house, fresh):
    targets = some(fresh)
    for turn in range(2):
        control = house.pid("control")
        begin(house, targets[turn::3])
        house.kill("control")
        begin(house, targets[2::3] if turn else [])
        house.until_back("control", control)
    healed_once(house, targets)
    house.assert_sound()


def test_signals_that_an_api_dies_over_are_sent_again_and_counted_once(house, fresh):
    services = fresh("services", 5)
    api = house.pid("api")
    for number, service in enumerate(services):
        if number == 2:
            house.kill("api")
        for _ in range(2):
            house.break_down(service, key=f"down-{service}")
    healed_once(house, services)
    counted = "SELECT count(*), count(DISTINCT delivery_key) FROM signals WHERE delivery_key LIKE 'plain:key:down-%%'"
    assert house.rows(counted) == [(5, 5)]
    house.until_back("api", api)
    house.assert_sound()


def test_a_killed_beat_misses_no_fault_and_fires_no_slot_twice(house):
    watched = house.scene.watched
    # Its first start is a heal of the fleet too; if it were killed before that was verified, the remedy would count as
    # vain.
    until(lambda: house.scene.runs(watched), within=30)
    house.until_at_rest([watched], within=30)
    beat, starts = house.pid("beat"), house.scene.effects(watched)
    house.kill("beat")
    os.kill(read_pid_file(house.scene.pid_file(watched)).pid, signal.SIGKILL)
    until(lambda: house.scene.runs(watched) and house.scene.effects(watched) == starts + 1, within=30)
    house.until_back("beat", beat)
    house.until_at_rest([watched], within=20)
    assert house.rows("SELECT count(*) - count(DISTINCT job_id) FROM schedule_slots") == [(0,)]
    assert house.scene.effects(watched) == starts + 1
    house.assert_sound()


def test_a_killed_broker_stops_no_heal(house, fresh):
    targets = some(fresh)
    begin(house, targets)
    house.kill("valkey")
    healed_once(house, targets)
    house.assert_sound()


def test_a_broker_that_comes_back_empty_stops_no_heal(house, fresh):
    targets = some(fresh)
    with house.frozen(house.pid("healing")):
        begin(house, targets)
        until(lambda: all(house.state_of(target) == "contracted" for target in targets), within=20)
        with redis.Redis.from_url(house.node.broker_url) as broker:
            broker.flushall()
        shutil.rmtree(house.node.data_dir / "valkey" / "data", ignore_errors=True)
        house.kill("valkey")
    healed_once(house, targets)
    house.assert_sound()


def test_a_killed_database_stops_no_heal(house, fresh):
    targets = some(fresh)
    begin(house, targets[::2])
    house.kill("postgres")
    begin(house, targets[1::2])
    healed_once(house, targets, within=60)
    house.assert_sound()


@pytest.mark.parametrize("child", ["orchestration", "control", "valkey", "postgres"])
def test_a_process_frozen_for_a_while_stops_no_heal(house, fresh, child):
    targets = some(fresh)
    begin(house, targets)
    with house.frozen(house.pid(child), watched=True):
        let_pass(FROZEN)
    healed_once(house, targets)
    house.assert_sound()


def test_a_worker_frozen_in_a_step_is_fenced_when_it_wakes_and_its_heir_acts_once(house, fresh):
    early, late = fresh("files", 2)
    (slow,) = fresh("slow_services", 1)
    targets, fenced = [early, late, slow], house.log("healing").count(b"attempt_fenced")
    with house.heir() as heir:
        house.ask_for(early, before="1s")
        house.ask_for(late, after="1s")
        house.break_down(slow)
        counted = [
            lambda: house.scene.attempts(early),
            lambda: house.scene.effects(late),
            lambda: house.scene.effects(slow),
        ]
        until(lambda: all(count() == 1 for count in counted), within=20)
        with house.frozen(house.pid("healing")):
            heir.resume()
            let_pass(FROZEN)
            healed_once(house, targets)
        until(lambda: house.log("healing").count(b"attempt_fenced") >= fenced + len(targets), within=10)
    healed_once(house, targets)
    house.assert_sound()


def test_a_node_killed_in_the_middle_of_its_heals_ends_them_when_it_starts_again(house, fresh):
    targets = some(fresh)
    early, late = fresh("files", 2)
    begin(house, targets)
    house.ask_for(early, before="1s")
    house.ask_for(late, after="1s")
    until(lambda: house.scene.attempts(early) == 1 and house.scene.effects(late) == 1, within=20)
    house.node.kill()
    house.start_again()
    healed_once(house, [*targets, early, late])
    house.assert_sound()
