"""The dashboard's pages that look back and ahead, and those that steer the fleet, in a browser without scripts."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from grace_workers.coding import ModelUse
from grace_workers.governance import Brake, Role
from grace_workers.orchestration.stores.model_use import ModelUseStore
from grace_workers.orchestration.stores.playbook_versions import PlaybookVersionStore
from grace_workers.orchestration.stores.storm import StormStore
from tests.acceptance.dashboard_history import remember
from tests.acceptance.dashboard_world import HOSTILE, csrf_of, dashboard_world
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
    assert re.search(r'aria-label="1 newest runs, oldest first: \d{4}[^"]*: succeeded, ', page)
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
    assert "plans wait for a person" in one
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


def test_a_playbook_shows_its_success_over_time_its_newest_runs_and_how_right_its_diagnoses_were(world):
    page = world.client(Role.VIEWER).get("/dashboard/playbooks/restart_dead_service").text
    assert 'fill good"' in page.partition("Success over time")[2].partition("</section>")[0]
    assert page.partition("Newest runs")[2].partition("</section>")[0].count("/dashboard/incidents/") == 1
    assert "<circle" in page.partition("as diagnosis says?")[2].partition("</section>")[0]
    course = world.api.get("/api/v1/playbooks/restart_dead_service/course").json()
    assert [(one["verified"], one["missed"]) for one in course["days"]] == [(1, 0)]
    assert world.api.get("/api/v1/playbooks/ghost/course").status_code == 404


def test_a_playbook_is_replayed_on_earlier_incidents_from_its_page(world):
    operator = world.client(Role.OPERATOR)
    address = "/dashboard/playbooks/restart_dead_service/replay"
    assert f'href="{address}"' in operator.get("/dashboard/playbooks/restart_dead_service").text
    page = operator.get(address).text
    assert "would go another way" in page
    assert "process down, restart_dead_service, granted, healed" in page
    found = world.api.get("/api/v1/playbooks/restart_dead_service/replay?since=1h", Role.OPERATOR).json()
    assert found["complete"]
    assert {one["now"]["playbook"] for one in found["incidents"]} == {"restart_dead_service"}
    assert operator.get(f"{address}?since=<b>").status_code == 200
    assert operator.get("/dashboard/playbooks/ghost/replay").status_code == 404
    viewer = world.client(Role.VIEWER)
    assert address not in viewer.get("/dashboard/playbooks/restart_dead_service").text
    assert viewer.get(address).status_code == 403


def test_practice_shows_what_was_healed_on_which_kind_of_target_and_what_never_was(world):
    page = world.client(Role.VIEWER).get("/dashboard/practice").text
    assert "/dashboard/incidents/" in page.partition("process down</th>")[2].partition("</tr>")[0]
    assert "never" in page.partition("process hung</th>")[2].partition("</tr>")[0]
    assert '<a href="/dashboard/playbooks" aria-current="true">' in page
    cells = world.api.get("/api/v1/learning/practice").json()
    (healed,) = [one for one in cells if one["newest"]]
    assert (healed["cause"], healed["kind"], healed["healed"]) == ("process_down", "process", healed["newest"])
    run = healed["newest"]
    assert 0 <= run["to_detect"] < run["seconds"]
    assert (0 < run["to_heal"] <= run["seconds"], run["to_restore"]) == (True, None)
    assert all(word in page for word in ("detected in", "healed in"))


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


def test_the_coding_page_shows_plans_and_what_the_language_model_costs_today(world):
    client = world.client(Role.VIEWER)
    assert "Remove repetition and complexity, write types" in client.get("/dashboard/coding").text
    today = ModelUse(
        day=datetime.now(UTC).date(), answers=3, tokens=5_120, pending_tokens=77, cost=0.25, pending_cost=0.5
    )
    with world.api.runtime.ledger.transaction() as tx:
        tx[ModelUseStore].save(today)
    told = re.sub(r"<[^>]+>", " ", client.get("/dashboard/coding").text)
    assert re.search(r"Language model today\s+small\s+3 answers\.", told)
    assert re.search(r"Tokens\s+5,120\s+77\s+1,000,000\s", told)
    assert re.search(r"Cost\s+0\.25\s+0\.50\s+10\.00\s", told)
    with world.api.runtime.ledger.transaction() as tx:
        tx[ModelUseStore].save(ModelUse(day=today.day))


def test_the_days_of_the_record_are_counted_in_the_api(world):
    (day,) = world.api.get("/api/v1/learning/outcomes?days=1").json()
    assert (day["verified"], day["missed"]) == (1, 0)
    record = world.api.get("/api/v1/learning/runs").json()
    assert [(one["name"], one["verified"]) for one in record["playbooks"]] == [("restart_dead_service", 1)]
    assert record["causes"][0]["mean"] > 0
    assert record["complete"] is True
    assert world.api.get("/api/v1/learning/runs?days=0").status_code == 422


def test_a_run_leads_to_its_playbook_as_it_was_and_to_what_changed_since(world):
    client = world.client(Role.VIEWER)
    incident = next(one for one in world.api.get("/api/v1/incidents").json() if one["closing"] == "healed")
    page = client.get(f"/dashboard/incidents/{incident['id']}").text
    address = re.search(r'href="(/dashboard/playbooks/restart_dead_service/versions/[0-9a-f]{64})"', page).group(1)
    now = client.get(address).text
    assert "in force now" in now
    assert "<ins>" not in now
    with world.api.runtime.ledger.transaction() as tx:
        kept = tx[PlaybookVersionStore].find(address.rpartition("/")[2])
        earlier = {**kept.content, "budget": "<b>9</b> m"}
        tx[PlaybookVersionStore].keep(replace(kept, digest="e" * 64, content=earlier))
    then = client.get(f"{address.rpartition('/')[0]}/{'e' * 64}").text
    assert "changed since" in then
    assert "<del>-  &#34;budget&#34;: &#34;&lt;b&gt;9&lt;/b&gt; m&#34;,</del>" in then
    assert len(re.findall("/versions/[0-9a-f]{64}", client.get("/dashboard/playbooks/restart_dead_service").text)) == 2
    assert client.get(f"{address.rpartition('/')[0]}/{'f' * 64}").status_code == 404


def test_hostile_text_in_every_field_is_harmless_on_every_page(world):
    client = world.client()
    csrf = csrf_of(client.get("/dashboard/goals").text)
    window = {"name": HOSTILE, "effect": "mute", "lasts": "1h", "reason": HOSTILE, "targets": "", "alerts": HOSTILE}
    goal = {"name": "hostile", "indicator": "coverage", "objective": "0.5", "days": "7", "owner": HOSTILE}
    deeds = [
        ("cycles/foresight/pause", {"reason": HOSTILE}),
        ("goals/make", goal),
        ("settings/windows/preview", window),
        ("settings/windows", window),
        ("stop/freeze/on", {"reason": HOSTILE}),
    ]
    try:
        for path, fields in deeds:
            answer = client.post(f"/dashboard/{path}", data={"csrf": csrf, **fields})
            assert answer.status_code in {200, 303}, (path, answer.text)
            assert "<script>document" not in answer.text
        job = world.code_task(HOSTILE)
        pages = ["overview", "cycles", "cycles/foresight", "goals", "goals/hostile", "settings", "stop", "coding"]
        for page in (*pages, f"coding/{job}", f"jobs/{job}", "audit", "learning", "verification", "funnel"):
            text = client.get(f"/dashboard/{page}").text
            assert "<script>document" not in text, page
            assert "<img src=x" not in text, page
            assert not {"\u202e", "\x1b"} & set(text), page
    finally:
        client.post("/dashboard/stop/freeze/off", data={"csrf": csrf, "reason": "over"})


def test_a_megabyte_in_a_field_is_refused_and_changes_nothing(world):
    client = world.client()
    csrf = csrf_of(client.get("/dashboard/goals").text)
    before = world.api.rows()
    for path in ("goals/make", "settings/windows", "cycles/goals/pause", "stop/kill/on", "jobs/all/replay"):
        answer = client.post(f"/dashboard/{path}", data={"csrf": csrf, "reason": "x" * 1_000_000})
        assert (answer.status_code, "shorten the text" in answer.text) == (413, True), path
    for path in ("goals/nights", "cycles/goals"):
        deed = f"/dashboard/{path}/{'end' if 'nights' in path else 'pause'}"
        assert client.post(deed, data={"csrf": csrf, "reason": "x" * 3_000}).status_code == 422
    assert world.api.rows() == before


def test_all_dead_letters_that_match_are_replayed_after_their_count_was_shown(world):
    for _ in range(3):
        assert world.api.post("/elite/orchestration/task", {"name": "system.noop"}).status_code == 202
    client = world.client(Role.OPERATOR)
    address = "/dashboard/jobs?state=queued&name=system.noop"
    page = client.get(address).text
    assert "Cancel all 3" in page
    assert "Cancel all" not in world.client(Role.VIEWER).get(address).text
    assert "Cancel all" not in client.get("/dashboard/jobs").text
    fields = dict(
        re.findall(r'name="(csrf|state|pool|name|count|at)" value="([^"]*)"', page.partition("jobs/all/cancel")[2])
    )
    world.api.post("/elite/orchestration/task", {"name": "system.noop"})
    done = client.post("/dashboard/jobs/all/cancel", data=fields)
    told = client.get(done.headers["location"]).text
    assert "Cancelled. What is still listed" in told
    assert "Cancel all 1" in told
    page = client.get("/dashboard/jobs?state=cancelled&name=system.noop").text
    assert "Replay all 3" in page
    fields = {**fields, "state": "cancelled", "at": re.search(r'name="at" value="([^"]*)"', page).group(1)}
    assert client.post("/dashboard/jobs/all/replay", data={**fields, "count": "many"}).status_code == 422
    assert client.post("/dashboard/jobs/all/replay", data={**fields, "state": "succeeded"}).status_code == 422
    assert client.post("/dashboard/jobs/all/replay", data=fields).status_code == 303
    assert world.api.get("/api/v1/jobs/matching?state=queued&name=system.noop").json()["count"] == 4
    world.work()


def test_what_stopped_signals_is_counted_with_an_example(world):
    incident = world.give_up("Unknown", summary="nothing knows this either")
    page = world.client(Role.VIEWER).get("/dashboard/funnel?since=1d&target=shop-web").text
    assert "received" in page
    assert f'href="/dashboard/incidents/{incident}"' in page
    assert "restart_dead_service" in page
    nothing = world.client(Role.VIEWER).get("/dashboard/funnel", params={"since": "1000y", "target": HOSTILE}).text
    assert "Nothing was lost." in nothing
    assert "<script>document" not in nothing


def test_every_page_names_the_brakes_and_the_freezes_and_an_approver_lifts_a_brake(world):
    with world.api.runtime.ledger.transaction() as tx:
        tx[StormStore].brake(Brake(scope="service=shop", why="4 of 5 <b>runs</b> missed", at=datetime.now(UTC)))
    viewer, approver = world.client(Role.VIEWER), world.client(Role.APPROVER)
    page = viewer.get("/dashboard/jobs").text
    assert "Nothing starts by itself in service=shop" in page
    assert "4 of 5 &lt;b&gt;runs&lt;/b&gt; missed" in page
    assert "Lifting it needs the role approver" in viewer.get("/dashboard/stop").text
    lift = {"csrf": csrf_of(approver.get("/dashboard/stop").text), "reason": "looked at all five"}
    lifted = approver.post("/dashboard/stop/brakes/service=shop/lift", data=lift)
    assert "The brake is lifted." in approver.get(lifted.headers["location"]).text
    assert "Nothing starts by itself" not in viewer.get("/dashboard/overview").text
    assert approver.post("/dashboard/stop/brakes/service=shop/lift", data=lift).status_code == 404


def test_who_heals_whom_is_drawn_with_how_often_it_was_needed(world):
    links = {(one["healer"], one["healed"]): one for one in world.api.get("/api/v1/fleet/repairs").json()}
    assert {("healing", "coding"), ("coding", "healing"), ("watchdog", "kernel"), ("standby", "leader")} <= links.keys()
    assert links["healing", "kernel"]["last_at"] is None
    page = world.client(Role.VIEWER).get("/dashboard/fleet/kernels").text
    assert re.search(r"the healing agent</th><td[^>]*>kernels</td>", page)
    assert "<title>a node&#39;s watchdog restarts a kernel that ended" in page


def test_the_graph_of_the_kernels_is_drawn_and_an_order_for_an_unknown_one_is_refused(world):
    client = world.client(Role.OPERATOR)
    page = client.get("/dashboard/fleet/kernels").text
    assert "scheduler" in page
    assert 'aria-label="Graph of the kernels"' in page
    sent = {"csrf": csrf_of(page), "reason": "it leaks", "kernel": "nothing", "instance": "test-node"}
    assert client.post("/dashboard/fleet/kernels/restart", data=sent).status_code == 404
    ordered = client.post("/dashboard/fleet/kernels/restart", data={**sent, "kernel": "scheduler"})
    assert ordered.status_code in {303, 404, 409}
