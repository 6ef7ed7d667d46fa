import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest

from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.fleet.instances import PostgresInstances
from grace_workers.fleet import InstanceHealth
from grace_workers.foundation.errors import ConflictError, TransientError
from grace_workers.foundation.ids import InstanceName
from grace_workers.node.exit_codes import FENCED
from grace_workers.node.loops import Repeating, run_loops
from grace_workers.node.membership.home import home_of, membership_of
from grace_workers.node.membership.membership import Member, Membership
from grace_workers.node.membership.place import is_apart, take_name
from tests.waiting import until

NODE = InstanceName("node-1")


@pytest.fixture
def engine(database_url):
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def register(engine):
    return PostgresInstances(engine)


@pytest.fixture
def member(register, tmp_path):
    return lambda: Membership(register, Member(name=NODE, pools=["healing"]), tmp_path / "instance.json")


@contextmanager
def running(loop):
    stop = threading.Event()
    codes = []
    thread = threading.Thread(target=lambda: codes.append(run_loops([loop], stop)))
    thread.start()
    try:
        yield codes
    finally:
        stop.set()
        thread.join()


def only(register):
    (instance,) = register.list_all() or (None,)
    return instance


def test_a_member_registers_and_its_heart_beats(member, register):
    with running(member()):
        first = until(lambda: only(register), within=5)
        until(lambda: only(register).heartbeat_at > first.heartbeat_at, within=5)
    assert not only(register).in_fleet


def test_a_control_process_that_died_alone_continues_under_the_same_epoch(member, register, engine):
    member()._beat(None)
    with running(member()):
        before = only(register).heartbeat_at
        until(lambda: only(register).heartbeat_at > before, within=5)
        assert only(register).epoch == 1


def test_another_node_process_registers_under_the_next_epoch(member, register, tmp_path):
    member()._beat(None)
    record = tmp_path / "instance.json"
    record.write_text(record.read_text().replace('"node": ', '"node": 9'))
    with running(member()):
        until(lambda: only(register).epoch == 2, within=5)


def test_a_member_declared_dead_ends_with_the_fencing_code_and_then_registers_again(member, register, engine):
    loop = member()
    loop._beat(None)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE instances SET died_at = clock_timestamp()")
    assert run_loops([loop], threading.Event()) == FENCED
    with running(member()):
        until(lambda: only(register).in_fleet and only(register).epoch == 2, within=5)


def test_an_act_that_cannot_reach_its_server_is_tried_again():
    tried = []

    def act():
        tried.append(1)
        raise TransientError("away")

    with running(Repeating("act", act, every=timedelta(milliseconds=1))) as codes:
        until(lambda: len(tried) > 2, within=5)
        assert codes == []


def test_an_act_rests_while_it_is_not_allowed():
    tried = []
    allowed = threading.Event()
    with running(Repeating("act", lambda: tried.append(1), every=timedelta(milliseconds=1), when=allowed.is_set)):
        assert tried == []
        allowed.set()
        until(lambda: tried, within=5)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_loop_that_fails_ends_the_others_and_the_exit_code_is_one():
    class Failing:
        name = "failing"

        def run(self, stop):
            raise ValueError("broken")

    waiting = Repeating("waiting", lambda: None, every=timedelta(minutes=1))
    assert run_loops([waiting, Failing()], threading.Event()) == 1


@pytest.fixture
def home(tmp_path):
    return home_of(tmp_path)


def test_a_node_that_starts_takes_its_earlier_life_out_of_the_fleet(register, engine, tmp_path, home):
    register.register(NODE, pools=["healing"], home=home)
    membership_of(tmp_path).write_text("the epoch of before")
    with engine.begin() as connection:
        # It was killed while it drained; a pool that read this would stay off the fleet's queues.
        connection.exec_driver_sql("UPDATE instances SET health = 'draining'")
    take_name(register, NODE, home, membership_of(tmp_path))
    assert not only(register).in_fleet
    assert not membership_of(tmp_path).exists()
    assert not is_apart(lambda: only(register))
    fresh = register.register(NODE, pools=["healing"], home=home)
    assert (fresh.epoch, fresh.health) == (2, InstanceHealth.HEALTHY)


def test_a_quarantined_node_reads_only_its_own_queues_when_it_starts_again(
    register, engine, database_url, tmp_path, home
):
    register.register(NODE, pools=["healing"], home=home)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE instances SET health = 'repairing', quarantined_at = clock_timestamp()")
    take_name(register, NODE, home, membership_of(tmp_path))
    assert is_apart(lambda: only(register))


def test_a_node_that_starts_leaves_another_of_its_name_alone(register, database_url, tmp_path):
    first = register.register(NODE, pools=["healing"], home="elsewhere")
    with running(Repeating("beat", lambda: register.heartbeat(first), every=timedelta(milliseconds=200))):
        with pytest.raises(ConflictError, match="node-1"):
            take_name(register, NODE, home, membership_of(tmp_path))
        assert only(register).in_fleet
