"""What the HTTP API promises: published paths, roles, limits, and a clear answer to every bad input."""

import json
from pathlib import Path

import pytest

from grace_workers.governance import Role
from tests.acceptance.api_world import api_world
from tests.acceptance.shared_api import HEAL, ORDER, SIGNALS, check_problem, shared, world

__all__ = ["shared", "world"]

pytestmark = pytest.mark.servers

DATA = Path(__file__).parent.parent / "data"


def test_health_says_exactly_what_was_published(shared):
    response = shared.get("/health", role=None)
    assert response.json() == {"status": "ok", "message": "Grace API is running"}
    assert shared.get("/healthz", role=None).status_code == 200


def test_ready_names_what_is_missing(world):
    response = world.get("/readyz", role=None)
    assert response.status_code == 503
    checks = {check["check"]: check for check in response.json()["checks"]}
    assert checks["database"]["ok"] is True
    assert checks["leader"]["ok"] is False
    assert "grace up" in checks["leader"]["reason"]
    assert "healing" in checks["pools"]["reason"]


def test_metrics_show_queues_jobs_and_audit_to_a_viewer_and_to_no_stranger(world):
    world.post(HEAL, ORDER)
    check_problem(world.get("/metrics", role=None), 401)
    text = world.get("/metrics").text
    for name in ("grace_jobs{", "grace_queue_depth{", "grace_job_completion_seconds{", "grace_agent_free_slots{"):
        assert name in text
    assert "grace_audit_inbox_entries" in text


def test_metrics_are_open_where_the_settings_say_so_and_nothing_publishes_them(database_url, broker_url, tmp_path):
    with api_world(database_url, broker_url, tmp_path, open_metrics=True) as world:
        assert world.get("/metrics", role=None).status_code == 200
        for header in ("X-Forwarded-For", "Forwarded", "Via"):
            check_problem(world.get("/metrics", role=None, headers={header: "x"}), 401)


def test_metrics_elsewhere_want_a_token(database_url, broker_url, tmp_path):
    with api_world(database_url, broker_url, tmp_path, host="0.0.0.0", open_metrics=True) as world:
        check_problem(world.get("/metrics", role=None), 401)
        assert world.get("/metrics").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/elite/status",
        "/elite/healing/knowledge",
        "/elite/orchestration/status",
        "/elite/tasks",
        "/api/v1/signals",
        "/api/v1/incidents",
        "/api/v1/approvals",
        "/api/v1/playbooks",
        "/api/v1/playbooks/restart_dead_service",
        "/api/v1/playbooks/restart_dead_service/explain",
        "/api/v1/jobs",
        "/api/v1/switches",
        "/api/v1/learning/summary",
        "/api/v1/learning/calibration",
        "/api/v1/learning/precedents",
        "/api/v1/learning/models",
        "/api/v1/learning/clusters",
        "/api/v1/learning/causes",
        "/api/v1/learning/recommendations?signature=x",
        "/api/v1/cycles",
        "/api/v1/cycles/telemetry",
        "/api/v1/findings",
        "/api/v1/goals",
        "/api/v1/goals/autonomy",
        "/api/v1/indicators",
        "/api/v1/improvements",
        "/api/v1/experiments",
        "/api/v1/levers",
        "/api/v1/coding/model",
        "/api/v1/snapshots",
        "/api/v1/safe-points",
        "/api/v1/targets",
        "/api/v1/audit/head",
        "/api/v1/audit/entries",
    ],
)
def test_every_reading_path_answers_a_viewer_and_nobody_without_a_token(shared, path):
    assert shared.get(path).status_code == 200
    response = shared.get(path, role=None)
    check_problem(response, 401)
    assert response.headers["www-authenticate"].startswith("Bearer")


def test_a_healing_task_becomes_one_durable_job_that_can_be_followed(world):
    response = world.post(HEAL, ORDER)
    assert response.status_code == 202
    task = response.json()
    assert task["state"] == "queued"
    assert world.get(response.headers["location"]).json()["id"] == task["id"]
    assert [one["id"] for one in world.get("/elite/tasks").json()] == [task["id"]]
    with world.runtime.ledger.transaction() as tx:
        (job,) = tx.jobs.find(names=["grace.heal"])
    assert str(job.id) == task["id"]
    assert job.payload["by"] == "a-operator"


def test_the_same_idempotency_key_gives_the_same_task_even_after_its_end(world):
    first = world.post(HEAL, ORDER, headers={"Idempotency-Key": "night-7"}).json()
    assert world.post(HEAL, ORDER, headers={"Idempotency-Key": "night-7"}).json()["id"] == first["id"]
    world.post(f"/api/v1/jobs/{first['id']}/cancel")
    again = world.post(HEAL, ORDER, headers={"Idempotency-Key": "night-7"}).json()
    assert (again["id"], again["state"]) == (first["id"], "cancelled")
    other = world.post(HEAL, ORDER, role=Role.ADMIN, headers={"Idempotency-Key": "night-7"}).json()
    assert other["id"] != first["id"]


def test_a_coding_task_becomes_one_durable_job_of_the_coding_pool(world):
    order = {"task": "fix_bug", "target": "shop-code", "reason": "a test fails"}
    response = world.post("/elite/coding/task", order)
    assert response.status_code == 202, response.text
    assert (response.json()["pool"], response.json()["state"]) == ("coding", "queued")
    with world.runtime.ledger.transaction() as tx:
        (job,) = tx.jobs.find(names=["code.task"])
    assert (job.payload["by"], job.payload["mode"]) == ("a-operator", "review")


def test_coding_work_without_code_is_refused(shared):
    order = {"task": "fix_bug", "target": "shop-web", "reason": "a test fails"}
    assert "such targets: shop-code" in check_problem(shared.post("/elite/coding/task", order), 422)
    assert "task" in check_problem(shared.post("/elite/coding/task", {"task": "fix"}), 422)


def test_the_knowledge_of_the_coding_agent_lists_what_it_does(shared):
    found = shared.get("/elite/coding/knowledge").json()
    assert {"fix_bug", "refactor"} <= {one["name"] for one in found["tasks"]}
    assert {one["weight"] is None for one in found["edits"]} == {False}
    assert found["intents"]
    assert found["rules"]


def test_what_the_language_model_costs_today_is_shown_beside_the_limits(shared):
    found = shared.get("/api/v1/coding/model").json()
    assert (found["name"], found["tokens"], found["daily_tokens"]) == ("small", 0, 1_000_000)
    assert (found["cost"], found["daily_cost"]) == (0.0, 10.0)


def test_an_orchestration_task_starts_one_of_the_fleets_own_jobs(world):
    assert world.post("/elite/orchestration/task", {"name": "cycle.triggers"}).json()["pool"] == "orchestration"
    detail = check_problem(world.post("/elite/orchestration/task", {"name": "rm -rf"}), 422)
    assert "cycle.telemetry" in detail


def test_a_signal_opens_an_incident_and_a_repeated_delivery_changes_nothing(world):
    signal = {"name": "HealthProbeFailed", "target": "shop-web", "key": "probe-1"}
    first = world.post(SIGNALS, signal).json()["receipts"][0]
    assert first["fate"] == "opened"
    before = world.rows()
    again = world.post(SIGNALS, signal).json()["receipts"][0]
    assert (again["fate"], again["incident"]) == ("repeated", first["incident"])
    assert world.rows() == before
    story = world.get(f"/api/v1/incidents/{first['incident']}").json()
    assert story["state"] == "open"
    assert story["timeline"][0]["stage"] == "signal"
    assert world.get(f"/api/v1/incidents/{first['incident']}/timeline").json() == story["timeline"]


def test_an_alertmanager_webhook_is_stored_alert_by_alert(world):
    body = json.loads((DATA / "alertmanager-firing.json").read_text())
    for alert in body["alerts"]:
        alert["labels"]["grace_target"] = "shop-web"
    response = world.post(f"{SIGNALS}/alertmanager", body)
    assert response.status_code == 202
    assert len(response.json()["receipts"]) == len(body["alerts"])
    assert response.json()["receipts"][0]["fate"] == "opened"


def test_garbage_for_the_alertmanager_is_a_400_so_that_it_does_not_come_again(shared):
    before = shared.rows()
    check_problem(shared.post(f"{SIGNALS}/alertmanager", {"version": "4"}), 400)
    assert shared.rows() == before


def test_a_full_backlog_asks_the_sender_to_come_again(database_url, broker_url, tmp_path):
    with api_world(database_url, broker_url, tmp_path, max_backlog=1) as world:
        assert world.post(HEAL, ORDER).status_code == 202
        before = world.rows()
        response = world.post(SIGNALS, {"name": "X", "target": "shop-web"})
        check_problem(response, 503)
        assert int(response.headers["retry-after"]) >= 1
        assert world.rows() == before


@pytest.mark.parametrize(
    ("method", "path", "body", "least"),
    [
        ("POST", SIGNALS, {"name": "X", "target": "shop-web"}, Role.REPORTER),
        ("POST", HEAL, ORDER, Role.OPERATOR),
        ("POST", "/api/v1/switches/freeze", {"on": True, "reason": "x"}, Role.OPERATOR),
        ("POST", "/api/v1/switches/freeze", {"on": False, "reason": "x"}, Role.ADMIN),
        ("POST", "/api/v1/tokens", {"name": "new", "role": "viewer"}, Role.ADMIN),
        ("GET", "/api/v1/tokens", None, Role.ADMIN),
    ],
)
def test_a_role_may_do_what_it_may_and_those_that_do_not_include_it_may_not(world, method, path, body, least):
    before = world.rows()
    for role in Role:
        if not role.includes(least):
            assert "needs the role" in check_problem(world.ask(method, path, role, json=body), 403)
    assert world.rows() == before
    assert world.ask(method, path, least, json=body).status_code < 300


def test_a_token_works_until_it_is_revoked_and_its_secret_is_shown_once(world):
    made = world.ask("POST", "/api/v1/tokens", json={"name": "ci", "role": "viewer"}).json()
    mine = {"Authorization": f"Bearer {made['secret']}"}
    assert world.client.get("/elite/status", headers=mine).status_code == 200
    listed = world.ask("GET", "/api/v1/tokens").text
    assert made["secret"] not in listed
    assert "hash" not in listed
    assert world.ask("DELETE", "/api/v1/tokens/ci").status_code == 200
    check_problem(world.client.get("/elite/status", headers=mine), 401)


@pytest.mark.parametrize("role", Role)
def test_a_token_learns_who_it_is_but_not_its_secret(shared, role):
    found = shared.get("/api/v1/me", role).json()
    assert (found["name"], found["role"], found["expires_at"]) == (f"a-{role}", role, None)
    assert shared.secrets[role] not in str(found)


def test_lists_are_read_page_by_page_and_narrowed(world):
    for name in ("A", "B", "C"):
        signal = {"name": name, "target": "shop-web", "severity": "critical" if name == "C" else "error"}
        world.post(SIGNALS, {"key": name, "summary": f"{name} fails", **signal})
    whole = world.get("/api/v1/incidents").json()
    assert len(whole) == 3
    first = world.get("/api/v1/incidents", params={"limit": 2}).json()
    rest = world.get("/api/v1/incidents", params={"limit": 2, "before": first[-1]["id"]}).json()
    assert [*first, *rest] == whole
    assert len(world.get("/api/v1/incidents", params={"severity": "critical"}).json()) == 1
    assert world.get("/api/v1/incidents", params={"state": ["open", "closed"]}).json() == whole
    assert [(one["closing"], one["count"]) for one in world.get("/api/v1/incidents/hours").json()] == [(None, 3)]
    jobs = world.get("/api/v1/jobs").json()
    assert world.get("/api/v1/jobs", params={"before": jobs[0]["id"]}).json() == jobs[1:]
    assert world.get("/api/v1/jobs", params={"name": "nothing"}).json() == []
    assert "not a UUID" in check_problem(world.get("/api/v1/incidents", params={"before": "yesterday"}), 422)


def test_a_token_that_asks_too_often_is_told_when_to_come_again(world):
    made = world.ask("POST", "/api/v1/tokens", json={"name": "slow", "role": "viewer", "rate_per_minute": 3}).json()
    mine = {"Authorization": f"Bearer {made['secret']}"}
    answers = [world.client.get("/api/v1/switches", headers=mine) for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1


@pytest.mark.parametrize(
    "header", ["Bearer grace_wrong", "Bearer wrong", "Basic YTpi", "Bearer", "nonsense", "Bearer \xff"]
)
def test_a_wrong_token_is_refused_without_a_hint(shared, header):
    response = shared.client.get("/elite/status", headers={"Authorization": header.encode("latin-1")})
    detail = check_problem(response, 401)
    assert "grace_wrong" not in detail


def test_a_dry_run_shows_every_step_and_a_param_that_does_not_fit_is_named(shared):
    path = "/api/v1/playbooks/restart_dead_service/dry-run"
    before = shared.rows()
    sections = shared.post(path, {"target": "shop-web"}).json()["sections"]
    assert [section["title"] for section in sections] == ["Plan", "Would change", "Must hold afterwards"]
    assert "nonsense" in check_problem(shared.post(path, {"target": "shop-web", "params": {"nonsense": 1}}), 422)
    assert "shop-web" in check_problem(shared.post(path, {"target": "nowhere"}), 422)
    assert shared.rows() == before


def test_a_switch_is_turned_with_a_reason_and_recorded(world):
    check_problem(world.ask("POST", "/api/v1/switches/kill", json={"on": "yes", "reason": "x"}), 422)
    check_problem(world.ask("POST", "/api/v1/switches/other", json={"on": True, "reason": "x"}), 422)
    assert world.ask("POST", "/api/v1/switches/kill", json={"on": True, "reason": "drill"}).status_code == 200
    assert world.get("/api/v1/switches").json()["kill"] == {"on": True, "reason": "drill", "by": "a-admin"}
    actions = [one["envelope"]["action"] for one in world.get("/api/v1/audit/entries").json()]
    assert "switch.turned" in actions


def test_a_job_is_cancelled_once_and_replayed_by_name(world):
    job = world.post(HEAL, ORDER).json()["id"]
    assert world.post(f"/api/v1/jobs/{job}/cancel").json()["state"] == "cancelled"
    check_problem(world.post(f"/api/v1/jobs/{job}/cancel"), 409)
    assert world.post(f"/api/v1/jobs/{job}/replay").json()["state"] == "queued"
    check_problem(world.post(f"/api/v1/jobs/{job}/replay"), 409)


def test_every_response_carries_security_headers(shared):
    for response in (shared.get("/health"), shared.get("/nowhere")):
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in response.headers["content-security-policy"]
        assert "access-control-allow-origin" not in response.headers


def test_the_openapi_document_describes_every_body_and_every_reference_resolves(shared):
    document = shared.client.get("/openapi.json").json()
    schemas = document["components"]["schemas"]
    text = json.dumps(document)
    for name in {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}:
        assert name in schemas
    assert "requestBody" in document["paths"][HEAL]["post"]
    assert all("summary" in operation for path in document["paths"].values() for operation in path.values())


def test_without_a_database_signals_are_asked_to_come_again(own_postgres, broker_url, tmp_path):
    with api_world(own_postgres.url, broker_url, tmp_path) as world:
        own_postgres.kill()
        response = world.post(SIGNALS, {"name": "X", "target": "shop-web"})
        check_problem(response, 503)
        assert int(response.headers["retry-after"]) >= 1
        checks = {one["check"]: one["ok"] for one in world.get("/readyz", role=None).json()["checks"]}
        assert checks["database"] is False
        assert world.get("/healthz", role=None).status_code == 200
        own_postgres.start()
