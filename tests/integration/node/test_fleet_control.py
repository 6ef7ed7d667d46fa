"""Several real control processes on one database: which leads, which takes over, is refused, or is retired."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.fleet import InstanceHealth
from grace_workers.foundation.clock import SystemClock
from grace_workers.node.exit_codes import FENCED, NAME_TAKEN
from grace_workers.orchestration.fleet import operations
from tests.waiting import let_pass, until

pytestmark = [pytest.mark.servers, pytest.mark.nodes]
ROOT = Path(__file__).parents[3]


class Office:
    def __init__(self, url):
        self.engine = make_engine(url)
        self.ledger = PostgresLedger(self.engine)
        self.clock = SystemClock()

    def status(self):
        return operations.status(self)

    def leader(self):
        return self.status().leader

    def find(self, name):
        return {one.name: one for one in self.status().instances}.get(name)


class Controls:
    """Control processes, each in a separate folder, ended at the end."""

    def __init__(self, folder, urls, office):
        self._folder = folder
        self._urls = urls
        self._office = office
        self._all = []
        self.of = {}

    def start(self, name, *, place=None, **settings):
        place = self._folder / (place or name)
        place.mkdir(exist_ok=True)
        database, broker = self._urls
        known = {key: value for key, value in os.environ.items() if not key.startswith("GRACE_")}
        environment = {
            **known,
            "GRACE_DATABASE__URL": database,
            "GRACE_BROKER__URL": broker,
            "GRACE_DATA_DIR": str(place),
            "GRACE_INSTANCE": name,
            "GRACE_AUDIT__KEYS_DIR": str(self._folder / "keys"),
            "PYTHONPATH": str(ROOT),
            **settings,
        }
        with (place / "log").open("a") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "grace_workers.entrypoints.node.control"],
                env=environment,
                stdout=log,
                stderr=log,
            )
        self._all.append(process)
        self.of.setdefault(name, process)
        return process

    def fleet(self, *names, **settings):
        for name in names:
            self.start(name, **settings)
        until(self._office.leader, within=30)
        until(lambda: all(self._office.find(name) for name in names), within=30)
        return self

    def close(self):
        for process in self._all:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()


@pytest.fixture
def office(database_url):
    made = Office(database_url)
    yield made
    made.engine.dispose()


@pytest.fixture
def controls(tmp_path, database_url, broker_url, office):
    made = Controls(tmp_path, (database_url, broker_url), office)
    yield made
    made.close()


def taken_over(office, old):
    """Wait for another leader; return it and the seconds it took."""
    began = time.monotonic()

    def another():
        found = office.leader()
        return found if found is not None and found.instance != old.instance else None

    return until(another, within=10), time.monotonic() - began


@pytest.mark.fleet
def test_the_leader_is_replaced_when_it_is_killed_frozen_or_asked_and_a_frozen_one_wakes_fenced(controls, office):
    controls.fleet("alice", "bob", "carol")
    first = office.leader()
    second_name = operations.failover(office, by="ann")
    assert second_name == first.instance
    second, took = taken_over(office, first)
    assert second.epoch == first.epoch + 1
    assert took < 2

    frozen = controls.of[second.instance]
    frozen.send_signal(signal.SIGSTOP)
    third, took = taken_over(office, second)
    assert third.epoch > second.epoch
    assert took < 3
    until(lambda: not office.find(second.instance).in_fleet, within=10)
    frozen.send_signal(signal.SIGCONT)
    assert frozen.wait(10) == FENCED
    assert office.leader() == third

    controls.of[third.instance].kill()
    fourth, took = taken_over(office, third)
    assert fourth.epoch > third.epoch
    assert took < 3


@pytest.mark.fleet
def test_a_second_node_of_one_name_is_refused_while_the_first_lives_and_taken_in_when_it_has_died(
    controls, office, tmp_path
):
    controls.fleet("alice")
    second = controls.start("alice", place="elsewhere")
    assert second.wait(30) == NAME_TAKEN
    assert "another node named 'alice' is alive in this fleet" in (tmp_path / "elsewhere" / "log").read_text()
    assert office.find("alice").epoch == 1
    controls.of["alice"].kill()
    controls.start("alice", place="elsewhere")
    until(lambda: office.find("alice").epoch == 2, within=30)
    parts = until(lambda: office.find("alice").parts, within=10)
    assert {part.name for part in parts} >= {"rhythm", "processes", "failures", "memory", "disk", "cpu"}


@pytest.mark.fleet
def test_a_quarantined_leader_hands_over_the_lead_and_is_retired_if_it_never_recovers(controls, office):
    impatient = {"GRACE_FLEET__REPAIR_WITHIN": "PT0.5S", "GRACE_FLEET__ATTEMPTS": "2"}
    controls.fleet("alice", "bob", **impatient)
    first = office.leader()
    operations.quarantine(office, first.instance, reason="looks odd", by="ann")
    second, took = taken_over(office, first)
    assert took < 2
    let_pass(1.5)
    assert office.find(first.instance).health is InstanceHealth.QUARANTINED
    operations.rejoin(office, first.instance, by="ann")
    until(lambda: office.find(first.instance).health is InstanceHealth.RETIRED, within=15)
    assert "attempt 2 of 2" in office.find(first.instance).reason
    assert office.leader() == second
