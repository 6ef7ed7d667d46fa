"""What people answer in the dashboard: alone in an emergency, with a change of the plan, and to a step that asks."""

import pytest

from grace_workers.governance import Role
from tests.acceptance.dashboard_world import csrf_of, dashboard_world

pytestmark = pytest.mark.servers

ASKING = {
    "name": "ask_first",
    "target": "shop-web",
    "reason": "a person knows better",
    "aspect": "performance",
    "steps": [
        {
            "id": "start",
            "primitive": "restart_service",
            "ask": {
                "question": "Which release?",
                "answer": {
                    "way": {"type": "string", "enum": ["old", "new"]},
                    "times": {"type": "integer", "maximum": 3},
                },
                "within": "60s",
                "role": "approver",
            },
        }
    ],
    "expectations": [{"id": "runs", "check": "alive", "operator": "==", "bound": 1, "within": "15s"}],
}


def test_an_operator_breaks_the_glass_only_with_a_reason_and_that_is_told(database_url, broker_url, tmp_path):
    with dashboard_world(database_url, broker_url, tmp_path) as world:
        incident = world.ask_for_approval("Glass")
        asked = next(one for one in world.api.get("/api/v1/approvals").json() if one["incident"] == incident)
        client, viewer = world.client(Role.OPERATOR), world.client(Role.VIEWER)
        page = client.get("/dashboard/approvals").text
        assert f"/dashboard/approvals/{asked['id']}/break-glass" in page
        assert "Evidence (" in page
        assert "break-glass" not in viewer.get("/dashboard/approvals").text
        deed, csrf = f"/dashboard/approvals/{asked['id']}/break-glass", csrf_of(page)
        assert client.post(deed, data={"csrf": csrf, "reason": " "}).status_code == 422
        done = client.post(deed, data={"csrf": csrf, "reason": "the shop is down and no approver answers"})
        assert "Approved alone." in client.get(done.headers["location"]).text
        world.work()
        assert "no approver answers" in client.get(f"/dashboard/incidents/{incident}").text


def test_an_operator_changes_a_plan_before_anyone_approves_it(database_url, broker_url, tmp_path):
    with dashboard_world(database_url, broker_url, tmp_path) as world:
        incident = world.ask_for_approval("Edit")
        asked = next(one for one in world.api.get("/api/v1/approvals").json() if one["incident"] == incident)
        step = world.api.get(f"/api/v1/incidents/{incident}").json()["plan"]["steps"][0]
        client, viewer = world.client(Role.OPERATOR), world.client(Role.VIEWER)
        page = client.get("/dashboard/approvals").text
        assert f'name="param.restart.grace_period" value="{step["params"]["grace_period"]}"' in page
        assert "Change it first" not in viewer.get("/dashboard/approvals").text
        deed, sent = f"/dashboard/approvals/{asked['id']}/edit", {"csrf": csrf_of(page), "reason": "it stops slowly"}
        assert client.post(deed, data=sent).status_code == 422
        done = client.post(deed, data={**sent, "param.restart.grace_period": "3s"})
        assert "Changed. The plan is judged anew." in client.get(done.headers["location"]).text
        assert client.post(deed, data={**sent, "param.restart.grace_period": "4s"}).status_code == 409


def test_the_question_of_a_step_is_answered_on_the_incidents_page(database_url, broker_url, tmp_path):
    with dashboard_world(database_url, broker_url, tmp_path) as world:
        world.stop("shop-web")
        world.api.post("/api/v1/plans", {"plan": ASKING}, role=Role.ADMIN)
        world.work()
        (incident,) = [one["id"] for one in world.api.get("/api/v1/incidents").json()]
        place = f"/dashboard/incidents/{incident}"
        client = world.client(Role.APPROVER)
        page = client.get(place).text
        assert "Which release?" in page
        assert "<option>old</option><option>new</option>" in page
        assert "Answering needs the role approver." in world.client(Role.OPERATOR).get(place).text
        sent = {"csrf": csrf_of(page), "field.way": "new"}
        assert client.post(f"{place}/answer", data={**sent, "field.times": "9"}).status_code == 422
        done = client.post(f"{place}/answer", data={**sent, "field.times": "2"})
        assert "Answered. The run goes on." in client.get(done.headers["location"]).text
        world.work()
        assert "a-approver answered start: way = new, times = 2" in client.get(place).text
        assert client.post(f"{place}/answer", data=sent).status_code == 409
