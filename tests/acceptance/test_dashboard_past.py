"""The dashboard's pages that look back and ahead, in a browser without scripts: what was learned, met and reached."""

import re

import pytest

from grace_workers.governance import Role
from tests.acceptance.dashboard_history import remember
from tests.acceptance.dashboard_world import csrf_of, dashboard_world
from tests.conftest import _database

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def world(postgres_server, migrated_template, valkey_server, tmp_path_factory):
    folder = tmp_path_factory.mktemp("past")
    with (
        _database(postgres_server, migrated_template) as url,
        dashboard_world(url, valkey_server.url, folder) as found,
    ):
        found.heal()
        remember(found)
        yield found


def test_cycles_say_in_plain_words_when_they_run_and_how_they_ended(world):
    page = world.client(Role.VIEWER).get("/dashboard/cycles").text
    assert "every day, at 00:00 UTC" in page
    assert "succeeded" in page
    one = world.client(Role.VIEWER).get("/dashboard/cycles/goals").text
    assert "a-operator" in one
    assert 'class="fill good"' in one
    assert "<form" not in one.partition("<main")[2]


def test_a_cycle_is_paused_with_a_reason_resumed_and_run(world):
    client = world.client(Role.OPERATOR)
    page = client.get("/dashboard/cycles/foresight").text
    sent = {"csrf": csrf_of(page), "reason": "the <b>load</b> test"}
    paused = client.post("/dashboard/cycles/foresight/pause", data=sent)
    told = client.get(paused.headers["location"]).text
    assert "Its slots pass without a run." in told
    assert "the &lt;b&gt;load&lt;/b&gt; test" in told
    assert "Resume" in told
    assert client.post("/dashboard/cycles/foresight/pause", data=sent).status_code == 409
    resumed = client.post("/dashboard/cycles/foresight/resume", data=sent)
    assert "runs again" in client.get(resumed.headers["location"]).text
    ran = client.post("/dashboard/cycles/foresight/run", data=sent)
    assert "queued to run now" in client.get(ran.headers["location"]).text


def test_the_worst_goal_comes_first_with_its_forecast_and_its_budget(world):
    page = world.client(Role.VIEWER).get("/dashboard/goals").text
    names = re.findall(r'href="/dashboard/goals/([a-z_]+)"', page)
    assert names[0] == "nights"
    assert set(names) >= {"healing_success", "autonomy", "coverage", "prompt_response"}
    assert "budget spent" in page
    assert 'class="band wide"' in page
    one = world.client(Role.VIEWER).get("/dashboard/goals/nights").text
    assert "14.4\N{MULTIPLICATION SIGN}" in one
    assert "burning" in one
    assert 'class="objective"' in one


def test_a_goal_is_made_and_ended_by_plain_forms(world):
    client = world.client(Role.OPERATOR)
    csrf = csrf_of(client.get("/dashboard/goals").text)
    wanted = {"csrf": csrf, "name": "weekly", "indicator": "coverage", "objective": "0.7", "days": "7"}
    for wrong, told in (
        ({"objective": "much"}, "no objective"),
        ({"objective": "7"}, "is a share"),
        ({"days": "0"}, "days"),
    ):
        answer = client.post("/dashboard/goals/make", data={**wanted, **wrong})
        assert (answer.status_code, told in answer.text) == (422, True), wrong
    made = client.post("/dashboard/goals/make", data=wanted)
    assert made.headers["location"].startswith("/dashboard/goals/weekly")
    assert "at least 70 %" in client.get(made.headers["location"]).text
    ended = client.post("/dashboard/goals/weekly/end", data={"csrf": csrf, "reason": "a try"})
    assert "The goal is ended." in client.get(ended.headers["location"]).text
    assert client.get("/dashboard/goals/weekly").status_code == 404


@pytest.mark.parametrize("path", ["goals/make", "goals/nights/end", "cycles/goals/run", "cycles/goals/pause"])
def test_a_viewer_changes_no_cycle_and_no_goal(world, path):
    viewer = world.client(Role.VIEWER)
    sent = {"csrf": csrf_of(viewer.get("/dashboard/goals").text), "reason": "let me"}
    assert viewer.post(f"/dashboard/{path}", data=sent).status_code == 403


def test_learning_shows_success_autonomy_times_to_heal_and_calibration(world):
    page = world.client(Role.VIEWER).get("/dashboard/learning").text
    assert "asked no one" in page
    times = page.partition('id="times"')[2]
    assert "process down" in times.partition("</table>")[0]
    assert "by rules" in page
    assert re.search(r"stated \d+%, right \d+% of \d+", page)
    assert "came back" in page
    week = world.client(Role.VIEWER).get("/dashboard/learning?days=7&engine=knowledge").text
    assert 'days=7" aria-current="true"' in week
    assert "No diagnosis has been answered by an outcome yet." in week
    assert world.client(Role.VIEWER).get("/dashboard/learning?days=<b>&engine=<b>").status_code == 200


def test_a_run_that_taught_wrongly_is_forgotten_by_an_admin_only(world):
    admin, approver = world.client(), world.client(Role.APPROVER)
    page = admin.get("/dashboard/learning").text
    deed = re.search(r'action="(/dashboard/learning/precedents/[^"]+/forget)"', page).group(1)
    refused = approver.post(deed, data={"csrf": csrf_of(approver.get("/dashboard/goals").text), "reason": "no"})
    assert refused.status_code == 403
    done = admin.post(deed, data={"csrf": csrf_of(page), "reason": "the probe was broken"})
    told = admin.get(done.headers["location"]).text
    assert "What the run taught is forgotten." in told
    assert deed not in told
    missing = admin.post("/dashboard/learning/models/7/restore", data={"csrf": csrf_of(page)})
    assert missing.status_code == 404


def test_verification_shows_verdicts_by_playbook_and_readings_before_and_after(world):
    page = world.client(Role.VIEWER).get("/dashboard/verification").text
    assert "runs with a clear verdict" in page
    assert 'href="/dashboard/playbooks/restart_dead_service"' in page.partition('id="playbooks"')[2]
    assert "alive of shop-web" in page
    assert 'aria-label="before 0, after 1, bound 1"' in page


def test_a_coding_task_shows_what_was_asked_tried_and_changed(world):
    job = world.code_task("tests/test_orders.py <b>fails</b>")
    client = world.client(Role.VIEWER)
    listed = client.get("/dashboard/coding").text
    assert "tests/test_orders.py &lt;b&gt;fails&lt;/b&gt;" in listed
    assert "fix bug" in listed
    one = client.get(f"/dashboard/coding/{job}").text
    assert "<del>-    return a - b</del>" in one
    assert "<ins>+    return a + b  # &lt;script&gt;</ins>" in one
    assert "2 candidates passed" in one
    assert client.get("/dashboard/coding?state=queued").text.count("/dashboard/coding/") == 0
    assert client.get("/dashboard/coding/nothing").status_code == 422


def test_the_days_of_the_record_are_counted_in_the_api(world):
    (day,) = world.api.get("/api/v1/learning/outcomes?days=1").json()
    assert (day["verified"], day["missed"]) == (1, 0)
    record = world.api.get("/api/v1/learning/runs").json()
    assert [(one["name"], one["verified"]) for one in record["playbooks"]] == [("restart_dead_service", 1)]
    assert record["causes"][0]["mean"] > 0
    assert record["complete"] is True
    assert world.api.get("/api/v1/learning/runs?days=0").status_code == 422
