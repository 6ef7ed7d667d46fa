"""The product explains itself, through the real command line and API."""

import json
from functools import partial

import pytest

from grace_workers.adapters.postgres.fleet.instances import PostgresInstances
from grace_workers.governance import Role
from tests.acceptance import command_line
from tests.acceptance.api_world import api_world
from tests.acceptance.command_line import one_sentence
from tests.acceptance.shared_api import check_problem, world
from tests.integration.line.conftest import work

__all__ = ["world"]

DOWN = {"name": "ProbeFailed", "target": "partner", "severity": "critical"}


@pytest.fixture
def grace(world, tmp_path):
    """Run `grace` against the API of the world."""
    run = partial(command_line.grace, tmp_path)
    return lambda *arguments, role=Role.OPERATOR: run(*arguments, GRACE_URL=world.url, GRACE_TOKEN=world.secrets[role])


def test_a_target_is_diagnosed_and_an_incident_keeps_the_facts_for_the_person_who_is_asked(world, grace):
    found = json.loads(grace("diagnose", "shop-web", "--json").stdout)
    assert found["target"] == "shop-web"
    assert found["took"] < 10
    facts = {(look["diagnostic"], one["name"]): one for look in found["looks"] for one in look["facts"]}
    assert (facts["readings", "alive"]["value"], facts["readings", "alive"]["notable"]) == (0.0, True)
    assert facts["processes", "processes"]["value"] == 0
    shown = grace("diagnose", "shop-web").stdout
    assert "outside what is normal" in shown
    assert "diagnostics took" in shown
    assert "declared targets: partner, shop-code, shop-web" in one_sentence(grace("diagnose", "nowhere"), 2)
    check_problem(world.post("/api/v1/targets/shop-web/diagnose", role=Role.VIEWER), 403)

    PostgresInstances(world.runtime.engine).register(world.runtime.instance, pools=["healing", "orchestration"])
    incident = world.post("/api/v1/signals", DOWN).json()["receipts"][0]["incident"]
    work(world.runtime)
    story = world.get(f"/api/v1/incidents/{incident}").json()
    assert story["state"] == "awaiting_approval"
    assert [one["target"] for one in story["facts"]] == ["partner"]
    assert "Facts of partner" in grace("incident", "show", incident).stdout


def test_a_cause_that_no_playbook_acts_on_is_handed_over_with_steps(world, grace):
    PostgresInstances(world.runtime.engine).register(world.runtime.instance, pools=["healing", "orchestration"])
    world.post("/api/v1/signals", {"name": "TargetDown", "target": "shop-web", "severity": "critical"})
    work(world.runtime)
    said = {"name": "ERROR shop", "target": "shop-web", "summary": "IndentationError: unexpected indent"}
    incident = world.post("/api/v1/signals", said).json()["receipts"][0]["incident"]
    work(world.runtime)
    story = world.get(f"/api/v1/incidents/{incident}").json()
    assert story["state"] == "escalated", story["reasons"]
    assert story["by_hand"]["because"] == "What a half-finished change was meant to be only its author knows."
    assert story["by_hand"]["instructions"][0]["run"] == "python -m compileall -q PATH"
    shown = grace("incident", "show", incident).stdout
    assert "By hand, about syntax_error on shop-web" in shown
    assert "python -m compileall -q PATH" in shown


def test_the_funnel_tells_how_far_signals_and_playbooks_came_and_what_stopped_them(world, grace):
    PostgresInstances(world.runtime.engine).register(world.runtime.instance, pools=["healing", "orchestration"])
    world.post("/api/v1/signals", {"name": "Lost", "labels": {"job": "nowhere"}})
    world.post("/api/v1/switches/kill", {"on": True, "reason": "test"})
    incident = world.post("/api/v1/signals", {"name": "HealthProbeFailed", "target": "shop-web"}).json()
    work(world.runtime)
    found = json.loads(grace("funnel", "signals", "--since", "1h", "--json").stdout)
    assert found["complete"] is True
    stages = ("received", "matched", "correlated", "diagnosed", "planned", "granted", "acted", "healed")
    assert found["whole"]["reached"] == dict(zip(stages, (2, 1, 1, 1, 1, 0, 0, 0), strict=True))
    lost = {one["after"]: one for one in found["whole"]["losses"]}
    assert "names no declared target" in lost["received"]["reason"]
    assert lost["planned"]["gate"] == "kill_switch"
    assert lost["planned"]["incident"] == incident["receipts"][0]["incident"]
    shown = grace("funnel", "playbooks", "restart_dead_service").stdout
    assert "kill_switch" in shown
    assert "unknown playbook" in one_sentence(grace("funnel", "playbooks", "nothing"), 2)
    assert "is not like" in one_sentence(grace("funnel", "signals", "--since", "yesterday"), 2)
    check_problem(world.get("/api/v1/funnel/signals", role=Role.REPORTER), 403)


STRICT = """\
version: 1
rules:
  - {name: hands_off, effect: refuse, why: the team decides itself}
"""
SWAPPED = """\
name: restart_dead_service
description: Starts the service only where the team allows it.
version: 2
aspect: performance
when: {causes: [process_down], labels: {restart: allowed}}
steps:
  - {id: start, primitive: restart_service}
expectations:
  - {id: runs, check: alive, operator: "==", bound: 1, within: 15s}
"""


@pytest.mark.fleet
def test_an_incident_is_replayed_beside_what_happened_by_other_rules_and_offline_as_a_case(world, grace, tmp_path):
    PostgresInstances(world.runtime.engine).register(world.runtime.instance, pools=["healing", "orchestration"])
    world.post("/api/v1/signals", {"name": "HealthProbeFailed", "target": "partner"})
    work(world.runtime)
    (incident,) = [one["id"] for one in world.get("/api/v1/incidents").json()]
    assert world.get(f"/api/v1/incidents/{incident}").json()["playbook"] == "restart_dead_service"

    same = json.loads(grace("playbook", "replay", "--since", "1h", "--json").stdout)
    assert [(one["incident"], one["differs"], one["now"]["decision"]) for one in same] == [(incident, [], "asked")]
    (tmp_path / "strict.yaml").write_text(STRICT)
    (tmp_path / "strict.yaml").chmod(0o600)
    shown = grace("playbook", "replay", "restart_dead_service", "--policy", str(tmp_path / "strict.yaml")).stdout
    assert "refused by policy_rules" in shown
    assert "1 incident replayed, 1 would go another way" in shown
    assert "0 would be recognised as something else" in grace("knowledge", "replay").stdout

    file = str(tmp_path / "case.json")
    assert grace("case", "export", incident, "-o", file).returncode == 0
    run = partial(command_line.grace, tmp_path)
    assert run("case", "run", file).returncode == 0
    folder = tmp_path / "playbooks"
    folder.mkdir(mode=0o700)
    (folder / "restart_dead_service.yaml").write_text(SWAPPED)
    (folder / "restart_dead_service.yaml").chmod(0o600)
    done = run("case", "run", file, "--playbooks", str(folder))
    assert done.returncode == 1
    assert "no label restart=allowed" in done.stdout
    (tmp_path / "hostile.json").write_text('{"case": 1, "' + "x" * 9_000 + '": {}}')
    assert "Field required" in one_sentence(run("case", "run", str(tmp_path / "hostile.json")), 2)
    check_problem(world.get("/api/v1/cases", role=Role.VIEWER), 403)


SHADOW = """\
name: watch_dead_service
description: Starts the service, once its score is good.
version: 1
aspect: performance
mode: shadow
when: {causes: [process_down]}
steps:
  - {id: start, primitive: restart_service}
expectations:
  - {id: runs, check: alive, operator: "==", bound: 1, within: 15s}
"""


def test_a_playbook_in_shadow_mode_acts_on_nothing_and_keeps_score(database_url, broker_url, tmp_path):
    folder = tmp_path / "playbooks"
    folder.mkdir(mode=0o700)
    (folder / "watch_dead_service.yaml").write_text(SHADOW)
    (folder / "watch_dead_service.yaml").chmod(0o600)
    with api_world(database_url, broker_url, tmp_path, playbooks=[folder]) as world:
        PostgresInstances(world.runtime.engine).register(world.runtime.instance, pools=["healing", "orchestration"])
        world.post("/api/v1/signals", {"name": "HealthProbeFailed", "target": "partner"})
        work(world.runtime)
        (question,) = world.get("/api/v1/approvals").json()
        assert question["playbook"] == "restart_dead_service"
        access = {"GRACE_URL": world.url, "GRACE_TOKEN": world.secrets[Role.VIEWER]}
        done = command_line.grace(tmp_path, "playbook", "score", "watch_dead_service", "--json", **access)
        (score,) = json.loads(done.stdout)["scores"]
        assert (score["fired"], score["decisions"]["asked"], score["needed"], score["under_way"]) == (1, 1, 1, 1)
        assert (score["runs"][0]["chosen"], score["runs"][0]["target"]) == ("restart_dead_service", "partner")
        order = {"target": "partner", "reason": "now", "playbook": "watch_dead_service"}
        world.post("/elite/healing/task", order)
        work(world.runtime)
        refused = world.get("/api/v1/incidents").json()[0]
        assert "is in shadow mode and never acts" in refused["reasons"][0]
