"""What holders of tokens try through the API: to exceed their role, to be two people, to be the fleet."""

from contextlib import ExitStack
from typing import Any

import pytest

from grace_workers import Grace
from grace_workers.adapters.postgres.fleet.instances import PostgresInstances
from grace_workers.cycles import FleetChange
from grace_workers.foundation.errors import InputError
from grace_workers.governance import Role
from grace_workers.orchestration import tokens
from grace_workers.orchestration.stores.fleet_changes import FleetChangeStore
from tests.acceptance.api_world import ApiWorld
from tests.integration.line.conftest import work

pytestmark = [pytest.mark.redteam, pytest.mark.servers]

SIGNALS, APPROVALS = "/api/v1/signals", "/api/v1/approvals"
DOWN = {"name": "ProbeFailed", "target": "partner", "severity": "critical"}


def token(api: ApiWorld, name: str, role: str, **more: Any) -> dict[str, str]:
    made = api.ask("POST", "/api/v1/tokens", json={"name": name, "role": role, **more})
    assert made.status_code == 201, made.text
    return {"Authorization": f"Bearer {made.json()['secret']}"}


def asked(api: ApiWorld) -> dict[str, Any]:
    """Do all due work; return the one question that waits."""
    PostgresInstances(api.runtime.engine).register(api.runtime.instance, pools=["healing", "orchestration"])
    work(api.runtime)
    (question,) = api.get(APPROVALS).json()
    return question


def say_yes(api: ApiWorld, question: dict[str, Any], role: Role | None, **more: Any) -> Any:
    return api.post(f"{APPROVALS}/{question['id']}", {"approved": True, "reason": "so I say"}, role=role, **more)


@pytest.mark.parametrize("way", ["signal", "task", "dead task"])
def test_no_way_of_making_the_evidence_leaves_its_author_a_yes(api: ApiWorld, way: str) -> None:
    if way == "signal":
        assert api.post(SIGNALS, DOWN, role=Role.APPROVER).status_code == 202
    else:
        order = {"name": "grace.signal", "payload": DOWN}
        sender = Role.APPROVER if way == "task" else Role.OPERATOR
        task = api.post("/elite/orchestration/task", order, role=sender).json()["id"]
        if way == "dead task":
            assert api.post(f"/api/v1/jobs/{task}/cancel").status_code == 200
            assert api.post(f"/api/v1/jobs/{task}/replay", role=Role.APPROVER).status_code == 200
    question = asked(api)
    refused = say_yes(api, question, Role.APPROVER)
    assert refused.status_code == 409
    assert "a-approver" in refused.json()["detail"]
    assert say_yes(api, question, Role.ADMIN).status_code == 200


def test_a_yes_by_a_token_that_is_revoked_before_the_line_looks_does_not_count(api: ApiWorld) -> None:
    assert api.post(SIGNALS, DOWN).status_code == 202
    question = asked(api)
    stolen = token(api, "stolen", "approver")
    assert say_yes(api, question, None, headers=stolen).status_code == 200
    assert api.ask("DELETE", "/api/v1/tokens/stolen").status_code == 200
    assert asked(api)["id"] == question["id"]
    assert say_yes(api, question, Role.APPROVER).status_code == 200


def test_a_second_token_of_a_person_is_no_second_person(api: ApiWorld) -> None:
    laptop = token(api, "ann-laptop", "approver", person="ann")
    phone = token(api, "ann-phone", "approver", person="ann")
    assert api.client.post(SIGNALS, json=DOWN, headers=laptop).status_code == 202
    question = asked(api)
    assert say_yes(api, question, None, headers=phone).status_code == 409
    assert say_yes(api, question, Role.APPROVER).status_code == 200


def test_a_reporter_sends_signals_and_may_do_nothing_else(api: ApiWorld) -> None:
    known = api.client.get("/openapi.json").json()["paths"]
    doors = {path for path in known if path.startswith((SIGNALS, "/api/v1/heartbeats/"))}
    assert api.post(SIGNALS, DOWN, role=Role.REPORTER).status_code == 202
    open_to_all = {"/health", "/healthz", "/readyz", "/docs", "/docs/style.css", "/openapi.json", "/api/v1/me"}
    for path, methods in known.items():
        for method in set(methods) & {"get", "post", "put", "delete", "patch"}:
            if path in open_to_all or (path in doors and method == "post"):
                continue
            answer = api.ask(method.upper(), path, Role.REPORTER, json={} if method == "post" else None)
            assert answer.status_code == 403, (method, path, answer.text)
    assert api.post(SIGNALS, DOWN, role=Role.VIEWER).status_code == 403


def test_a_bound_reporter_reports_on_its_own_targets_only(api: ApiWorld) -> None:
    mine = token(api, "shop-alerts", "reporter", targets=["shop-web"])
    own, foreign = {**DOWN, "target": "shop-web"}, {"name": "X", "labels": {"grace_target": "partner"}}
    assert api.client.post(SIGNALS, json=own, headers=mine).status_code == 202
    for body in (DOWN, foreign, [own, foreign]):
        refused = api.client.post(SIGNALS, json=body, headers=mine)
        assert refused.status_code == 422
        assert "may not report on 'partner'; it may report on: shop-web" in refused.json()["detail"]
    alerts = [
        {"status": "firing", "labels": {"alertname": "Down", "grace_target": name}, "startsAt": "2026-01-01T00:00:00Z"}
        for name in ("partner", "shop-web", "nowhere")
    ]
    body = {"version": "4", "groupKey": "g", "alerts": alerts}
    taken = api.client.post(f"{SIGNALS}/alertmanager", json=body, headers=mine).json()["receipts"]
    assert [one["fate"] for one in taken] == ["ignored", "opened", "ignored"]
    assert "may not report on 'partner'" in taken[0]["reason"]
    assert {one["target"] for one in api.get("/api/v1/incidents").json()} == {"shop-web"}


def test_a_bound_reporter_reaches_no_other_target_by_a_name_that_means_it(api: ApiWorld) -> None:
    mine = token(api, "shop-alerts", "reporter", targets=["shop-web"])
    content = {"label": "instance", "value": "partner:9100", "target": "partner"}
    with api.runtime.ledger.transaction() as tx:
        alias = FleetChange(kind="alias", subject="partner.1", content=content, proposed_at=api.runtime.clock.now())
        tx[FleetChangeStore].propose(alias)
        tx[FleetChangeStore].put("alias", "partner.1", alias.version, api.runtime.clock.now())
    body = {"name": "X", "labels": {"instance": "partner:9100"}}
    refused = api.client.post(SIGNALS, json=body, headers=mine)
    assert refused.status_code == 422
    assert "may not report on 'partner'" in refused.json()["detail"]
    assert api.post(SIGNALS, body, role=Role.REPORTER).status_code == 202
    assert {one["target"] for one in api.get("/api/v1/incidents").json()} == {"partner"}


def test_one_viewer_does_not_keep_others_from_the_events(api: ApiWorld) -> None:
    first, second = (token(api, name, "viewer", person="eve") for name in ("eve-1", "eve-2"))
    with ExitStack() as stack:
        told = [
            stack.enter_context(api.client.stream("GET", "/api/v1/events/stream", headers=mine)).status_code
            for mine in (first, second) * 8
        ]
        assert set(told) == {200, 429}
        hers = {"Authorization": f"Bearer {api.secrets[Role.VIEWER]}"}
        other = stack.enter_context(api.client.stream("GET", "/api/v1/events/stream", headers=hers))
        assert other.status_code == 200


def test_no_actor_of_the_fleet_can_be_minted(api: ApiWorld) -> None:
    before = api.rows()
    for name in (
        "grace",
        "node",
        "cli",
        "celery",
        "n0de",
        "g-r-a-c-e",
        "cli-0a1b2c3d",
        "instance:x",
        "Grace",
        "n\u043ede",
    ):
        for order in ({"name": name, "role": "approver"}, {"name": "x", "role": "viewer", "person": name}):
            assert api.ask("POST", "/api/v1/tokens", json=order).status_code == 422, order
        wanted = tokens.NewToken(name=name, role=Role.APPROVER)
        with pytest.raises(InputError):
            tokens.create(api.runtime.ledger, api.runtime.clock, wanted, by="cli")
    assert api.rows() == before


def test_a_program_in_the_database_acts_under_a_name_that_no_token_vouches_for(api: ApiWorld) -> None:
    with Grace(database_url=api.database, name="grace") as grace:
        grace.heal("partner", reason="it does not answer", playbook="restart_dead_service")
    question = asked(api)
    assert question["proposer"] == "client:grace"
    for bad in ("celery:shop", "ann/phone", "\u0430nn", "", "x" * 64):
        with pytest.raises(InputError, match="must consist of at most 63 letters"):
            Grace(database_url=api.database, name=bad)
