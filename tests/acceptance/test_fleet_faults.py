"""Two whole nodes, of which one is cut off, frozen or killed: no heal is lost, none is doubled."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import redis
from psycopg import sql

from grace_workers.adapters.embedded import EmbeddedPostgres, EmbeddedValkey
from tests.acceptance.counted.house import House
from tests.acceptance.counted.promises import begin, healed_once
from tests.acceptance.fleet import clock_ahead
from tests.acceptance.lined_fleet import Fleet, LinedNode, open_fleet
from tests.conftest import migrate
from tests.waiting import let_pass, until

pytestmark = [pytest.mark.servers, pytest.mark.nodes, pytest.mark.fleet]

LONGER_THAN_ANY_LEASE = 3.0
NEW_PASSWORD = "taken-up-by-all-9fK4"


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    """Two nodes that many tests may harm, because they heal themselves."""
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
    """Return unused targets."""
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
    # A node that was declared dead comes back as another; one that only lost the broker was never dead.
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


def test_a_slot_that_is_due_while_the_broker_is_lost_is_neither_lost_nor_doubled(fleet):
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
        " WHERE s.entry = 'triggers' AND s.slot_at = ANY(%s) AND j.state = 'succeeded'"
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
                frozen.enter_context(member.house.frozen(member.house.pid(child), watched=True))
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
    settings = {**fleet.settings, "GRACE_INSTANCE": "left"}
    second = LinedNode(fleet.folder / "namesake", fleet.servers, fleet.servers, **settings)
    try:
        second.start()
        assert second.process.wait(60) == 2
        said = " ".join(second.output().split())
    finally:
        second.close()
    assert "another node named 'left' is alive in this fleet; give this one another name" in said
    assert "Traceback" not in said
    assert fleet.is_alive(first)
    assert fleet.epoch(first) == epoch


def test_a_database_password_that_expires_stops_nothing_that_was_accepted(fleet, fresh):
    leader = fleet.leader()
    targets = fresh("files", 4)
    begin(leader.house, targets)
    with psycopg.connect(fleet.servers[0], autocommit=True) as kept_open:
        try:
            kept_open.execute("ALTER ROLE CURRENT_USER VALID UNTIL '2000-01-01'")
            kept_open.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user"
                              " AND pid <> pg_backend_pid()")  # fmt: skip
            until(lambda: b"password authentication failed" in leader.log_of("control"), within=10)
            let_pass(LONGER_THAN_ANY_LEASE)
        finally:
            kept_open.execute("ALTER ROLE CURRENT_USER VALID UNTIL 'infinity'")
    for member in fleet.members.values():
        fleet.until_alive(member)
    later = fresh("files", 2)
    begin(leader.house, later)
    healed_once(leader.house, [*targets, *later], within=40)
    leader.house.assert_sound()
    assert_no_password_was_told(fleet)


def test_a_broker_password_that_is_changed_on_the_server_delays_jobs_and_loses_none(fleet, fresh):
    house = fleet.leader().house
    targets = fresh("files", 6)
    password = urlsplit(fleet.servers[1]).password
    with redis.Redis.from_url(fleet.servers[1], single_connection_client=True) as kept_open:
        try:
            kept_open.config_set("requirepass", "another-one-7uX2")
            kept_open.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            begin(house, targets)
            let_pass(LONGER_THAN_ANY_LEASE)
            assert kept_open.ping()
        finally:
            kept_open.config_set("requirepass", password)
    healed_once(house, targets, within=40)
    for member in fleet.members.values():
        fleet.until_alive(member)
    house.assert_sound()
    assert_no_password_was_told(fleet)


def test_a_playbook_folder_that_becomes_unreadable_is_reported_and_stops_no_heal(fleet, fresh):
    house = fleet.leader().house
    folder = house.scene.playbooks
    aside = folder.rename(folder.with_name("aside"))
    # No one can read a link to itself, while root could read a closed folder.
    folder.symlink_to(folder)
    try:
        told = until(lambda: fault if (fault := trouble(house, "playbooks")) else None, within=10)
        targets = fresh("files", 3)
        begin(house, targets)
        healed_once(house, targets)
    finally:
        folder.unlink()
        aside.rename(folder)
    assert "playbooks" in told
    assert "cannot be read" in told
    until(lambda: trouble(house, "playbooks") is None, within=10)
    house.assert_sound()


def test_passwords_changed_for_good_are_taken_up_by_one_node_after_the_other(fleet, fresh):
    targets = fresh("files", 4)
    begin(fleet.leader().house, targets[:2])
    changed = tuple(with_password(url, NEW_PASSWORD) for url in fleet.servers)
    with psycopg.connect(fleet.servers[0], autocommit=True) as session:
        session.execute(sql.SQL("ALTER ROLE CURRENT_USER PASSWORD {}").format(sql.Literal(NEW_PASSWORD)))
    with redis.Redis.from_url(fleet.servers[1]) as client:
        client.config_set("requirepass", NEW_PASSWORD)
    fleet.use(changed)
    for member, target in zip(list(fleet.members.values()), targets[2:], strict=True):
        (other,) = fleet.others(member)
        member.node.close()
        begin(other.house, [target])
        member.node.start().until_ready(within=100)
        fleet.until_alive(member)
    healed_once(fleet.leader().house, targets, within=40)
    fleet.leader().house.assert_sound()
    assert_no_password_was_told(fleet)


def with_password(url: str, password: str) -> str:
    """Return the same address with another password."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"{parts.username or ''}:{password}@{parts.hostname}:{parts.port}").geturl()


def trouble(house: House, check: str) -> str | None:
    """Return why a check of the node's API fails or is degraded, or None."""
    found = {one["check"]: one for one in json.loads(house.node.get("/readyz")[1])["checks"]}
    well = found[check]["ok"] and not found[check]["degraded"]
    return None if well else str(found[check]["reason"])


def assert_no_password_was_told(fleet: Fleet) -> None:
    """Check that no log of any node contains a password of the servers."""
    passwords = [str(urlsplit(url).password).encode() for url in fleet.servers]
    logs = [path.read_bytes() for member in fleet.members.values() for path in member.node.data_dir.glob("log/*")]
    assert not any(password in log for password in passwords for log in logs)


def assert_clock_went_on(fleet: Fleet, since) -> None:
    """Check that no slot fired twice, and that none of the every-second entry is missing except during a take-over."""
    assert fleet.rows("SELECT count(*) - count(DISTINCT job_id) FROM schedule_slots") == [(0,)]
    assert fleet.longest_pause("triggers", since) <= timedelta(seconds=4)
