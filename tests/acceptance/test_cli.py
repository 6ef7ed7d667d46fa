"""The command line as a user runs it: real processes, exit codes, JSON, one sentence for bad input."""

import json
import re
import subprocess
import sys
from functools import partial

import pytest
import typer
from typer.testing import CliRunner

from grace_workers.audit import Signer
from grace_workers.entrypoints.cli.program import COMMANDS, root
from grace_workers.foundation.own_file import write_own
from grace_workers.governance import Role
from tests.acceptance import command_line
from tests.acceptance.api_world import api_world
from tests.acceptance.command_line import ROOT, one_sentence

NO_ID = "018f0000-0000-7000-8000-000000000000"
AWAY = {"GRACE_DATABASE__URL": "postgresql://g@127.0.0.1:9/g", "GRACE_BROKER__URL": "redis://127.0.0.1:9"}
NO_JSON_OPTION = {
    ("demo",): "is watched, not read",
    ("follow",): "runs until it is stopped",
    ("playbook", "schema"): "prints JSON and nothing else",
    ("code", "sbom"): "prints JSON and nothing else",
}


@pytest.fixture
def run(tmp_path):
    """Run `grace` in an empty folder."""
    return partial(command_line.grace, tmp_path)


@pytest.fixture
def world(database_url, broker_url, tmp_path):
    with api_world(database_url, broker_url, tmp_path / "api") as found:
        yield found


@pytest.fixture
def grace(run, world):
    """Run `grace` against a real API, as an admin unless told otherwise."""

    def go(*arguments, role=Role.ADMIN):
        return run(*arguments, GRACE_URL=world.url, GRACE_TOKEN=world.secrets[role])

    return go


def test_help_lists_every_command(run):
    done = run("--help")
    assert done.returncode == 0
    for command in COMMANDS:
        assert f" {command} " in done.stdout
    assert "grace demo" in done.stdout


def test_help_imports_no_driver():
    code = (
        "import sys; sys.argv = ['grace', '--help']\n"
        "from grace_workers.entrypoints.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'fastapi', 'sqlalchemy', 'celery', 'httpx', 'psycopg', 'pydantic', 'yaml'} & set(sys.modules)\n"
        "print(sorted(heavy), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stderr.strip() == "[]"


def _every_command():
    """Yield the words and the command of every leaf of the program, found as the program finds them."""
    program = typer.main.get_command(root)
    with program.make_context("grace", [], resilient_parsing=True) as context:
        for name in program.list_commands(context):
            yield from _leaves((name,), program.resolve_command(context, [name])[1])


def _leaves(words, command):
    inner = getattr(command, "commands", None)
    if inner is None:
        yield words, command
        return
    for name, one in inner.items():
        yield from _leaves((*words, name), one)


LEAVES = dict(_every_command())


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_every_command_teaches_by_example(words):
    told = CliRunner().invoke(root, [*words, "--help"], prog_name="grace")
    assert told.exit_code == 0
    assert re.search(rf"Examples?: .*\bgrace {' '.join(words)}\b", LEAVES[words].epilog or "")
    assert "Example" in told.stdout
    assert words in NO_JSON_OPTION or "--json" in told.stdout


def test_every_command_without_json_has_its_reason():
    assert NO_JSON_OPTION.keys() - LEAVES.keys() == set()
    assert [words for words in NO_JSON_OPTION if "--json" in _options(LEAVES[words])] == []


def _options(command):
    return {option for parameter in command.params for option in parameter.opts}


def test_bad_input_without_a_node_is_one_sentence_each(run, tmp_path):
    assert "grace up" in one_sentence(run("incident", "list"), 2)
    assert "grace up" in one_sentence(run("node", "status"), 2)
    assert "not a UUID" in one_sentence(run("incident", "show", "seven"), 2)
    assert "not a UUID" in one_sentence(run("audit", "proof", "seven"), 2)
    assert "too large for a sequence number" in one_sentence(run("audit", "proof", "9" * 5000), 2)
    assert "key=value" in one_sentence(run("heal", "shop", "-r", "x", "--param", "nothing"), 2)
    assert "known" in one_sentence(run("playbook", "explain", "nothing"), 2)
    assert "not one of reporter, viewer" in one_sentence(run("token", "create", "x", "--role", "king"), 2)
    assert "cannot be read" in one_sentence(run("up", "--config", str(tmp_path / "absent.yaml")), 2)
    (tmp_path / "grace.yaml").write_text("colour: red\n")
    assert "colour" in one_sentence(run("playbook", "list"), 2)


def test_an_unknown_command_and_a_missing_argument_exit_with_2(run):
    for arguments in (("nope",), ("heal",), ("job", "list", "-n", "0")):
        done = run(*arguments)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr


def test_an_unreachable_api_exits_with_3(run):
    away = {"GRACE_URL": "http://127.0.0.1:9", "GRACE_TOKEN": "x"}
    assert "no API answers" in one_sentence(run("incident", "list", **away), 3)


@pytest.mark.parametrize("command", [("tail",), ("proof", "1"), ("export", "story")], ids=" ".join)
def test_an_unreachable_database_exits_with_3(run, command):
    assert "the database did not answer" in one_sentence(run("audit", *command, **AWAY), 3)


@pytest.fixture
def pinned(tmp_path):
    """The key of some log, as its owner keeps it."""
    (tmp_path / "data" / "audit-keys").mkdir(parents=True)
    (tmp_path / "data" / "audit-keys" / "pinned").write_text(f"{Signer('here/audit/1', bytes(32)).key}\n")


@pytest.mark.usefixtures("pinned")
def test_an_unreachable_log_is_not_called_tampered(run):
    assert "the database did not answer" in one_sentence(run("audit", "verify", **AWAY), 2)


@pytest.mark.servers
@pytest.mark.usefixtures("pinned")
def test_a_database_without_a_log_is_not_called_tampered(run, empty_database_url):
    there = {**AWAY, "GRACE_DATABASE__URL": empty_database_url}
    assert "has no audit log" in one_sentence(run("audit", "verify", **there), 2)


def test_lint_names_file_and_line_of_every_fault(run, tmp_path):
    broken = tmp_path / "drain.yaml"
    broken.write_text("name: drain\nversion: 1\nsteps:\n  - id: a\n    primitive: reboot\n")
    done = run("playbook", "lint", str(broken))
    assert done.returncode == 2
    assert "drain.yaml:" in done.stdout
    assert run("playbook", "lint").returncode == 0
    faults = json.loads(run("playbook", "lint", str(broken), "--json").stdout)
    assert all(fault["line"] >= 1 and fault["message"] for fault in faults)


def test_a_playbook_is_explained_without_any_server(run):
    done = run("playbook", "explain", "restart_dead_service")
    assert done.returncode == 0
    assert "Steps" in done.stdout
    assert "Must hold afterwards" in done.stdout
    assert json.loads(run("playbook", "schema").stdout)["title"] == "grace_workers playbook"


def test_the_doctor_finds_what_is_wrong_and_says_how_to_fix_it(run):
    done = run("doctor", "--json")
    assert done.returncode == 1
    lines = {line["check"]: line for line in json.loads(done.stdout)}
    assert lines["python"]["ok"] is True
    assert lines["fleet"]["ok"] is False
    assert "grace up" in lines["fleet"]["mend"]


@pytest.mark.servers
def test_a_signal_is_sent_listed_shown_and_watched(grace):
    sent = grace("signal", "HealthProbeFailed", "--target", "shop-web", "--severity", "critical", "--json")
    incident = json.loads(sent.stdout)["incident"]
    assert incident in grace("incident", "list").stdout
    shown = grace("incident", "show", incident).stdout
    assert "Timeline" in shown
    assert "HealthProbeFailed" in shown
    watched = grace("incident", "watch", incident, "--for", "0.1", "--json")
    assert watched.returncode == 1
    assert json.loads(watched.stdout.splitlines()[0])["stage"] == "signal"


@pytest.mark.servers
def test_signals_of_no_declared_target_are_listed_with_what_to_declare(grace):
    assert "names no declared target" in grace("signal", "HighErrorRate", "--label", "service=checkout").stdout
    told = grace("signal", "list", "--unmatched").stdout
    assert 'HighErrorRate x1, by service "checkout"' in told
    assert 'name: "checkout"' in told
    assert "ignored" in grace("signal", "list").stdout
    assert json.loads(grace("signal", "list", "--unmatched", "--json").stdout)[0]["labels"] == {"service": "checkout"}


def test_a_task_is_handed_in_found_cancelled_and_replayed(grace):
    order = ("heal", "shop-web", "-p", "restart_dead_service", "-r", "silent", "--wait", "0", "--json")
    task = json.loads(grace(*order).stdout)["id"]
    assert task in grace("job", "list", "--state", "queued").stdout
    assert "cancelled" in grace("job", "cancel", task).stdout
    one_sentence(grace("job", "cancel", task), 2)
    assert "queued" in grace("job", "replay", task).stdout
    assert grace("heal", "shop-web", "-r", "silent", "--wait", "0.1").returncode == 1


@pytest.mark.servers
def test_what_the_api_refuses_is_one_sentence_and_changes_nothing(grace, world):
    before = world.rows()
    assert "shop-web" in one_sentence(grace("heal", "nowhere", "-r", "x"), 2)
    assert "shop-web" in one_sentence(grace("signal", "X", "--target", "nowhere"), 2)
    assert NO_ID in one_sentence(grace("incident", "show", NO_ID), 2)
    assert NO_ID in one_sentence(grace("approve", NO_ID, "-r", "x"), 2)
    assert "operator" in one_sentence(grace("switch", "on", "kill", "-r", "x", role=Role.VIEWER), 2)
    assert "admin" in one_sentence(grace("switch", "off", "kill", "-r", "x", role=Role.OPERATOR), 2)
    assert world.rows() == before


@pytest.mark.servers
@pytest.mark.parametrize("wrong", ["targetz: 3\n", "targets: [\n"])
def test_everything_can_be_stopped_while_the_settings_have_a_fault(run, world, tmp_path, wrong):
    own = tmp_path / "own"
    own.mkdir()
    for name, content in (("api.json", json.dumps({"url": world.url})), ("cli-token", world.secrets[Role.ADMIN])):
        write_own(own / name, content)
    (tmp_path / "grace.yaml").write_text(f"data_dir: own\n{wrong}", encoding="utf-8")
    assert "everything is stopped" in run("stop", GRACE_DATA_DIR="").stdout
    assert world.get("/api/v1/switches").json()["kill"]["on"] is True
    assert "settings" in one_sentence(run("migrate", GRACE_DATA_DIR=""), 2)


@pytest.mark.servers
def test_a_playbook_is_previewed_and_a_switch_is_turned(grace):
    preview = grace("playbook", "dry-run", "restart_dead_service", "-t", "shop-web")
    assert "Would change" in preview.stdout
    assert "freeze is on" in grace("switch", "on", "freeze", "-r", "drill").stdout
    assert json.loads(grace("switch", "show", "--json").stdout)["freeze"]["on"] is True


@pytest.mark.servers
def test_a_cycle_is_listed_run_paused_and_resumed(grace):
    assert "telemetry" in grace("cycle", "list").stdout
    job = json.loads(grace("cycle", "run", "telemetry", "--json").stdout)
    (run,) = json.loads(grace("cycle", "show", "telemetry", "--json").stdout)["runs"]
    assert (run["id"], run["asked_by"]) == (job["id"], ["a-admin"])
    assert "paused" in grace("cycle", "pause", "telemetry", "-r", "the move").stdout
    assert "the move" in grace("cycle", "show", "telemetry").stdout
    assert "next at" in grace("cycle", "resume", "telemetry").stdout
    assert "unknown cycle 'goat'; known: " in one_sentence(grace("cycle", "run", "goat"), 2)
    assert grace("cycle", "findings").returncode == 0


def test_a_goal_is_listed_made_shown_and_ended(grace):
    assert "healing_success" in grace("goal", "list").stdout
    assert "error_patterns" in grace("goal", "indicators").stdout
    told = ["--indicator", "autonomy", "--objective", "0.9", "--days", "7", "--needs", "coverage", "--budget"]
    assert "goal nights is in force" in grace("goal", "add", "nights", *told).stdout
    shown = grace("goal", "show", "nights").stdout
    assert "nights: autonomy of at least 0.9 over 7 d" in shown
    assert "owned by a-admin; needs coverage" in shown
    assert "exists" in one_sentence(grace("goal", "add", "nights", *told), 2)
    circle = ["--indicator", "autonomy", "--objective", "0.9", "--needs", "me"]
    assert "cannot need itself: me needs me" in one_sentence(grace("goal", "add", "me", *circle), 2)
    assert "has ended" in grace("goal", "end", "nights", "-r", "the team changed").stdout


def test_a_token_is_made_straight_in_the_database_and_works_at_the_api(run, world, broker_url):
    servers = {"GRACE_DATABASE__URL": world.database, "GRACE_BROKER__URL": broker_url}
    made = json.loads(run("token", "create", "ci", "--role", "viewer", "--json", **servers).stdout)
    mine = {"GRACE_URL": world.url, "GRACE_TOKEN": made["secret"]}
    assert run("job", "list", **mine).returncode == 0
    assert "ci" in run("token", "list", **servers).stdout
    assert run("token", "revoke", "ci", **servers).returncode == 0
    assert "revoked" in one_sentence(run("job", "list", **mine), 2)
