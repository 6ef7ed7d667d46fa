"""Two whole nodes, and what happens when one of them is cut off, frozen or killed: no heal is lost, none is doubled."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from grace_workers.adapters.embedded import EmbeddedPostgres, EmbeddedValkey
from tests.acceptance.counted.promises import begin, healed_once
from tests.acceptance.fleet import clock_ahead
from tests.acceptance.lined_fleet import Fleet, LinedNode, open_fleet
from tests.conftest import migrate
from tests.waiting import let_pass, until

pytestmark = pytest.mark.servers

LONGER_THAN_ANY_LEASE = 3.0


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    """Two nodes that many tests may harm, for they mend themselves."""
    folder = Path(tempfile.mkdtemp(prefix="grace-fleet-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder)
        postgres = EmbeddedPostgres(folder / "postgres", durable=False)
        valkey = EmbeddedValkey(folder / "valkey", durable=False)
        for server in (postgres, valkey):
            server.start()
            stack.callback(server.stop)
        migrate(postgres.url)
        limits = {"GRACE_LIMITS__AGENTS": "16", "GRACE_LIMITS__PER_AGENT": "8"}
        yield stack.enter_context(open_fleet(folder, (postgres.url, valkey.url), ("left", "right"), **limits))


@pytest.fixture(scope="module")
def fresh(fleet):
    """Give targets that no test has had yet."""
    scene = next(iter(fleet.members.values())).house.scene
    left = {"files": list(scene.file_names), "services": list(scene.service_names[1:])}

    def take(kind: str, count: int) -> list[str]:
        taken, left[kind] = left[kind][:count], left[kind][count:]
        assert len(taken) == count, f"the scene has too few {kind}"
        return taken

    return take


@pytest.mark.parametrize("lost", [("database",), ("broker",), ("database", "broker")], ids="+".join)
def test_what_a_node_had_in_hand_when_it_was_cut_off_is_done_once_by_the_others(fleet, fresh, lost):
    cut_off = fleet.leader()
    (other,) = fleet.others(cut_off)
    epoch, before = fleet.epoch(cut_off), fleet.now()
    targets = fresh("files", 4) + fresh("services", 2)
    slow = fresh("files", 4)
    for target in slow:
        other.house.ask_for(target, before="700ms")
    begin(cut_off.house, targets[::2])
    until(lambda: sum(other.house.scene.attempts(target) for target in slow) >= 2, within=20)

    lines = {"database": cut_off.to_database, "broker": cut_off.to_broker}
    for line in lost:
        lines[line].blackhole()
    begin(other.house, targets[1::2])
    if "database" in lost:
        until(lambda: fleet.is_dead(cut_off) and fleet.leader() is other, within=10)
    else:
        let_pass(LONGER_THAN_ANY_LEASE)
    healed_once(other.house, [*targets, *slow], within=40)
    for line in lost:
        lines[line].heal()

    fleet.until_alive(cut_off)
    # Who was declared dead comes back as another; who only lost the broker was never dead.
    assert (fleet.epoch(cut_off) > epoch) == ("database" in lost)
    later = fresh("files", 2)
    begin(cut_off.house, later)
    healed_once(cut_off.house, [*targets, *slow, *later])
    cut_off.house.assert_sound()
    assert_clock_went_on(fleet, before)


def test_a_leader_that_is_frozen_whole_is_replaced_and_does_nothing_when_it_wakes(fleet, fresh):
    frozen = fleet.leader()
    (other,) = fleet.others(frozen)
    epoch, before = fleet.epoch(frozen), fleet.now()
    targets = fresh("files", 4) + fresh("services", 2)
    begin(frozen.house, targets[::2])
    with frozen.frozen():
        until(lambda: fleet.holder() == other.name and fleet.holder("beat") == other.name, within=10)
        begin(other.house, targets[1::2])
        until(lambda: fleet.is_dead(frozen), within=10)
        healed_once(other.house, targets, within=40)
    fleet.until_alive(frozen)
    assert fleet.epoch(frozen) > epoch
    healed_once(frozen.house, targets)
    other.house.assert_sound()
    assert_clock_went_on(fleet, before)


def test_a_clock_slot_that_falls_into_a_loss_of_the_broker_is_neither_lost_nor_doubled(fleet):
    before = fleet.now()
    for member in fleet.members.values():
        member.to_broker.cut()
    during = fleet.now()
    let_pass(LONGER_THAN_ANY_LEASE)
    for member in fleet.members.values():
        member.to_broker.heal()
    healed = fleet.now()
    missed = fleet.slots("triggers", during)
    assert len([slot for slot in missed if slot < healed]) >= 2
    done = (
        "SELECT count(*) FROM schedule_slots s JOIN jobs j ON j.id = s.job_id"
        " WHERE s.slot_at = ANY(%s) AND j.state = 'succeeded'"
    )
    until(lambda: fleet.rows(done, missed) == [(len(missed),)], within=20)
    assert_clock_went_on(fleet, before)


def test_a_killed_leader_loses_no_heal_and_rejoins_under_the_next_epoch(fleet, fresh):
    killed = fleet.leader()
    (other,) = fleet.others(killed)
    epoch, before = fleet.epoch(killed), fleet.now()
    targets = fresh("files", 5) + fresh("services", 2)
    slow = fresh("files", 2)
    for target in slow:
        killed.house.ask_for(target, before="700ms")
    begin(killed.house, targets)
    until(lambda: sum(other.house.scene.attempts(target) for target in slow) >= 1, within=20)
    killed.kill()
    healed_once(other.house, [*targets, *slow], within=40)
    assert fleet.leader() is other
    killed.node.close()
    killed.node.start().until_ready(within=100)
    fleet.until_alive(killed)
    assert fleet.epoch(killed) > epoch
    other.house.assert_sound()
    assert_clock_went_on(fleet, before)


def test_a_node_whose_clock_is_an_hour_ahead_takes_part_and_its_lead_leaves_no_trace_in_the_schedule(fleet, fresh):
    library, jump = clock_ahead(fleet.folder), fleet.folder / "jump"
    ahead = fleet.add("ahead", LD_PRELOAD=str(library), CLOCK_AHEAD=str(jump))
    ahead.node.until_ready(within=100)
    jump.touch()
    others = fleet.others(ahead)
    targets = fresh("files", 6) + fresh("services", 2)
    begin(ahead.house, targets[::2])
    begin(others[0].house, targets[1::2])
    healed_once(others[0].house, targets, within=40)
    with ExitStack() as frozen:
        for member in others:
            for child in ("control", "beat"):
                frozen.enter_context(member.house.frozen(member.house.pid(child)))
        until(lambda: fleet.holder() == fleet.holder("beat") == "ahead", within=10)
        seen = len(fleet.slots("triggers", fleet.now() - timedelta(hours=1)))
        until(lambda: len(fleet.slots("triggers", fleet.now() - timedelta(hours=1))) >= seen + 2, within=10)
    for member in others:
        fleet.until_alive(member)
    fleet.remove(ahead)
    assert fleet.rows("SELECT count(*) FROM schedule_slots WHERE slot_at > clock_timestamp()") == [(0,)]
    after = fleet.now()
    until(lambda: len(fleet.slots("triggers", after)) >= 2, within=10)
    others[0].house.assert_sound()


def test_a_second_node_of_the_same_name_is_refused_and_the_first_goes_on(fleet):
    first = fleet.members["left"]
    fleet.until_alive(first)
    epoch = fleet.epoch(first)
    second = LinedNode(fleet.folder / "namesake", fleet.servers, fleet.servers, **fleet.settings, GRACE_INSTANCE="left")
    try:
        second.start()
        assert second.process.wait(60) == 2
        said = " ".join(second.output().split())
    finally:
        second.close()
    assert "left" in said
    assert "Traceback" not in said
    assert fleet.is_alive(first)
    assert fleet.epoch(first) == epoch


def assert_clock_went_on(fleet: Fleet, since) -> None:
    """No slot was fired twice, and none of the every-second entry is missing but during a take-over."""
    assert fleet.rows("SELECT count(*) - count(DISTINCT job_id) FROM schedule_slots") == [(0,)]
    assert fleet.longest_pause("triggers", since) <= timedelta(seconds=4)
