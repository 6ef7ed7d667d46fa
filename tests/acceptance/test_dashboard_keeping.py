"""What is kept, on the dashboard: snapshots, safe points, windows, and where targets come from."""

import subprocess

import psycopg
import pytest

from grace_workers.foundation.ids import TargetName
from grace_workers.governance import Role
from tests.acceptance.dashboard_world import csrf_of, dashboard_world
from tests.conftest import _database

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def world(postgres_server, migrated_template, valkey_server, tmp_path_factory):
    folder = tmp_path_factory.mktemp("keeping")
    with (
        _database(postgres_server, migrated_template) as url,
        dashboard_world(url, valkey_server.url, folder) as found,
    ):
        yield found


def test_a_snapshot_is_shown_checked_and_a_part_of_it_is_put_back_by_an_admin_only(world):
    assert world.api.post("/api/v1/cycles/snapshots/run").status_code == 202
    world.work()
    (newest, *_) = world.api.get("/api/v1/snapshots").json()
    here = f"/dashboard/snapshots/{newest['id']}"
    assert f'href="{here}"' in world.client(Role.VIEWER).get("/dashboard/snapshots").text
    admin = world.client(Role.ADMIN)
    assert "does not vouch for it" in admin.get(here).text
    world.seal()
    assert world.api.get("/api/v1/snapshots/newest/check").json()["sound"]
    viewer = world.client(Role.VIEWER).get(here).text
    assert ("schedule.json" in viewer, "Put a part back" in viewer) == (True, False)
    assert world.api.get("/api/v1/snapshots/newest/content?part=schedule.json", role=Role.VIEWER).status_code == 403
    assert "cadences" in world.api.get("/api/v1/snapshots/newest/content?part=schedule.json", role=Role.OPERATOR).text
    order = {"part": "schedule.json", "reason": "a test"}
    assert world.api.post("/api/v1/snapshots/newest/restore", order).status_code == 403
    page = admin.get(here).text
    done = admin.post(f"{here}/restore", data={"csrf": csrf_of(page), **order})
    assert "The part is as it was." in admin.get(done.headers["location"]).text
    assert world.api.get("/api/v1/snapshots/abc").status_code == 404
    with psycopg.connect(world.api.database) as session:
        session.execute("UPDATE snapshot_parts SET content = 'rot'")
    rotten = world.api.get("/api/v1/snapshots/newest/content?part=schedule.json", role=Role.OPERATOR)
    assert (rotten.status_code, rotten.headers["content-type"]) == (409, "application/problem+json")
    assert rotten.json()["detail"].startswith("part schedule.json is not what its hash says; the cycle snapshots looks")
    world.work()
    assert world.api.get("/api/v1/snapshots/newest/check").json()["sound"]


def test_a_safe_point_is_kept_by_a_plan_from_its_page_and_put_back_by_another(world):
    connection = world.api.runtime.line.targets[TargetName("shop-code")].connection
    git = ("git", "-C", str(connection["repository"]), "-c", "user.name=a", "-c", "user.email=a@shop")
    subprocess.run(["git", "init", "-q", "-b", "main", str(connection["repository"])], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "first"], check=True)
    operator = world.client(Role.OPERATOR)
    order = {"csrf": csrf_of(operator.get("/dashboard/safepoints").text), "reason": "a test"}
    kept = operator.post(
        "/dashboard/safepoints/keep", data={**order, "name": "before-the-test", "targets": "shop-code"}
    )
    assert kept.headers["location"].startswith("/dashboard/safepoints?")
    world.work()
    assert "before-the-test" in operator.get("/dashboard/safepoints").text
    point = operator.get("/dashboard/safepoints/before-the-test").text
    assert ("shop-code" in point, "Put it back" in point) == (True, True)
    assert "Put it back" not in world.client(Role.VIEWER).get("/dashboard/safepoints/before-the-test").text
    back = operator.post("/dashboard/safepoints/before-the-test/restore", data={**order, "sure": "on"})
    assert back.headers["location"].startswith("/dashboard/safepoints/before-the-test?")
    world.work()
    asked = [one["playbook"] for one in world.api.get("/api/v1/approvals").json()]
    done = [one["title"] for one in world.api.get("/api/v1/incidents?limit=50").json()]
    assert any("before-the-test" in one or "before_the_test" in one for one in [*asked, *done])
    gone = operator.post("/dashboard/safepoints/before-the-test/drop", data={**order, "sure": "on"})
    assert gone.headers["location"].startswith("/dashboard/safepoints/before-the-test?")
    world.work()
    asked = [one["playbook"] for one in world.api.get("/api/v1/approvals").json()]
    done = [one["title"] for one in world.api.get("/api/v1/incidents?limit=50").json()]
    assert any("drop_safe_point_before_the_test" in one for one in [*asked, *done])
    assert operator.get("/dashboard/safepoints/ghost").status_code == 404


def test_settings_say_where_a_target_comes_from(world):
    page = world.client(Role.VIEWER).get("/dashboard/settings").text
    assert (">grace.yaml</td>" in page, "discovered</span>" in page) == (True, False)


def test_a_maintenance_window_is_previewed_made_shown_and_ended(world):
    client = world.client(Role.OPERATOR)
    csrf = csrf_of(client.get("/dashboard/settings").text)
    wanted = {"csrf": csrf, "name": "the <b>copy</b>", "effect": "freeze", "lasts": "2h", "reason": "a copy"}
    wanted |= {"targets": "partner", "alerts": "", "starts_at": "", "rule": "FREQ=DAILY"}
    seen = client.post("/dashboard/settings/windows/preview", data=wanted)
    assert "partner" in seen.text
    assert "the &lt;b&gt;copy&lt;/b&gt;" in seen.text
    assert wanted["name"] not in {one["name"] for one in world.api.get("/api/v1/windows").json()}
    wrong = client.post("/dashboard/settings/windows", data={**wanted, "targets": "nowhere"})
    assert (wrong.status_code, "no target named" in wrong.text) == (422, True)
    made = client.post("/dashboard/settings/windows", data=wanted)
    assert "freeze now" in client.get(made.headers["location"]).text
    assert "No plan starts on partner" in client.get("/dashboard/overview").text
    (window,) = [one for one in world.api.get("/api/v1/windows").json() if one["name"] == wanted["name"]]
    deed = f"/dashboard/settings/windows/{window['id']}/end"
    stranger = world.client(Role.OPERATOR, name="other-operator")
    sent = {"csrf": csrf_of(stranger.get("/dashboard/settings").text), "reason": "not mine"}
    assert stranger.post(deed, data=sent).status_code == 403
    ended = client.post(deed, data={"csrf": csrf, "reason": "done"})
    assert "The window is ended." in client.get(ended.headers["location"]).text
    assert "No plan starts on partner" not in client.get("/dashboard/overview").text
