"""The product explains itself, through the real command line and API."""

import json
from functools import partial

import pytest

from grace_workers.adapters.postgres.fleet.instances import PostgresInstances
from grace_workers.governance import Role
from tests.acceptance import command_line
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
    assert "declared targets: partner, shop-web" in one_sentence(grace("diagnose", "nowhere"), 2)
    check_problem(world.post("/api/v1/targets/shop-web/diagnose", role=Role.VIEWER), 403)

    PostgresInstances(world.runtime.engine).register(world.runtime.instance, pools=["healing", "orchestration"])
    incident = world.post("/api/v1/signals", DOWN).json()["receipts"][0]["incident"]
    work(world.runtime)
    story = world.get(f"/api/v1/incidents/{incident}").json()
    assert story["state"] == "awaiting_approval"
    assert [one["target"] for one in story["facts"]] == ["partner"]
    assert "Facts of partner" in grace("incident", "show", incident).stdout


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
