"""The doctor on things that are really broken: each fault has a line, and each line a remedy."""

import json
import os
import re
import socket
import subprocess
from pathlib import Path

import psycopg
import pytest

from grace_workers.adapters.embedded.place import free_port
from tests.acceptance.fleet import ROOT, clock_ahead
from tests.acceptance.ready_command import run
from tests.acceptance.test_upgrade_path import migrate_ahead

pytestmark = pytest.mark.servers


class Patient:
    """An installation to be checked."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.settings = {
            "GRACE_DATA_DIR": str(folder / "data"),
            "GRACE_API__PORT": str(free_port()),
            "GRACE_FLOWER__ENABLED": "false",
            **settings,
        }

    def faults(self, **more: str) -> dict[str, tuple[str, str]]:
        """Return what the doctor finds wrong: what it saw, and the remedy."""
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **self.settings, **more}
        done = run(["doctor", "--json"], self.folder, environment, 60)
        assert done.returncode == 1, done.stderr
        lines = json.loads(done.stdout)
        assert all(line["mend"] for line in lines if not line["ok"])
        return {line["check"]: (line["seen"], line["mend"]) for line in lines if not line["ok"]}


@pytest.fixture
def patient(tmp_path, database_url, broker_url):
    (tmp_path / "data").mkdir()
    return Patient(tmp_path, GRACE_DATABASE__URL=database_url, GRACE_BROKER__URL=broker_url)


def test_what_is_wrong_on_this_machine(patient, tmp_path):
    dead = subprocess.Popen(["true"])
    dead.wait()
    (tmp_path / "data" / "node.json").write_text(json.dumps({"pid": dead.pid, "children": {}}))
    (tmp_path / "data" / "cli-token").write_text("secret-of-the-cli")
    (tmp_path / "data" / "cli-token").chmod(0o644)
    missing = json.dumps([str(tmp_path / "no-such-folder")])

    found = patient.faults(GRACE_PLAYBOOKS=missing, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1")

    assert found["this node"] == (f"its process {dead.pid} has died", "restart it with `grace up`")
    assert "chmod 600" in found["secrets"][1]
    assert "secret-of-the-cli" not in str(found)
    assert found["playbook folder"][0].endswith("no-such-folder is not a folder")
    assert "leader" in found


def test_a_port_that_another_program_has_names_the_setting(patient):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        found = patient.faults(GRACE_API__PORT=str(taken.getsockname()[1]))
    assert "Address already in use" in found["port"][0]
    assert "GRACE_API__PORT" in found["port"][1]


def test_unreachable_servers_are_named_and_nothing_unknown_is_claimed(patient):
    away = free_port()
    found = patient.faults(
        GRACE_DATABASE__URL=f"postgresql://grace@127.0.0.1:{away}/grace",
        GRACE_BROKER__URL=f"redis://127.0.0.1:{away}/0",
    )
    assert found.keys() == {"database", "broker"}
    assert f"port {away} failed: Connection refused" in found["database"][0]
    assert found["database"][1] == "start the database, or the node with `grace up`"
    assert found["broker"][1] == "start the broker, or the node with `grace up`"


def test_a_weak_password_is_named_and_not_shown(patient):
    found = patient.faults(GRACE_BROKER__URL="redis://:redis@127.0.0.1:1/0")
    assert "the broker's password" in found["secrets"][0]
    assert "broker" in found
    assert ":redis@" not in str(found)


def test_what_is_wrong_in_the_fleet(patient, database_url):
    with psycopg.connect(database_url) as session:
        session.execute(
            "INSERT INTO instances (name, epoch, pools, roles, health, reason, registered_at, heartbeat_at) "
            "VALUES ('alice', 1, '{healing}', '{}', 'quarantined', 'jobs fail', now(), now())"
        )
        session.execute(
            "INSERT INTO kernels (instance, kernel, state, detail, restarts, failing, since, checked_at) "
            "VALUES ('alice', 'scheduler', 'unready', 'no beat', 3, true, now(), now())"
        )
        session.execute(
            "INSERT INTO breakers (instance, process, name, state, failures, openings) "
            "VALUES ('alice', 'grace-worker-7', 'target:shop:SqlConsole', 'open', 6, 1)"
        )
        session.execute("INSERT INTO audit_inbox (entry, at) VALUES ('{}', now() - interval '1 minute')")
    found = patient.faults()
    assert found["audit"][0].startswith("an entry has waited 6")
    assert found["audit"][1] == "check that a node is running; then `grace audit verify`"
    assert "no live node serves" in found["pools"][0]
    assert found["instance"] == (
        "alice is quarantined: jobs fail",
        "see `grace fleet status`; then `grace fleet rejoin alice`",
    )
    assert found["kernel"][0] == "scheduler of alice is unready"
    assert "`grace kernel restart scheduler`" in found["kernel"][1]
    assert found["breaker"][0] == "target:shop:SqlConsole failed 6 times in a row for grace-worker-7 of alice"
    assert "grace up" in found["leader"][1]


def test_an_empty_database_is_told_to_be_migrated(tmp_path, empty_database_url, broker_url):
    (tmp_path / "data").mkdir()
    patient = Patient(tmp_path, GRACE_DATABASE__URL=empty_database_url, GRACE_BROKER__URL=broker_url)
    assert "run `grace migrate`" in patient.faults()["schema"][0]


def test_a_schema_too_new_says_what_to_install(patient, tmp_path, database_url):
    migrate_ahead(database_url, tmp_path, "post", "op.execute(\"UPDATE schema_floor SET oldest = '9998_pre_later'\")")
    assert "install the release that the rest of the fleet runs" in patient.faults()["schema"][0]


@pytest.mark.fleet
def test_a_clock_that_is_an_hour_ahead_is_seen(patient, tmp_path):
    seen, mend = patient.faults(LD_PRELOAD=str(clock_ahead(tmp_path)), CLOCK_AHEAD=str(tmp_path))["clock"]
    assert re.fullmatch(r"3(600|599)\.\d+ s ahead of the database's", seen)
    assert "timedatectl" in mend
