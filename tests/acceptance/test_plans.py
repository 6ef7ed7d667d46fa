"""A ready plan from outside: HTTP, the command line and Python give one durable job; a bad plan gives none."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from grace_workers import Grace
from grace_workers.governance import Role
from tests.acceptance import command_line
from tests.acceptance.api_world import ApiWorld, api_world
from tests.acceptance.command_line import one_sentence

PLANS = "/api/v1/plans"
PLAN: dict[str, Any] = {
    "name": "restart_after_release",
    "target": "shop-web",
    "reason": "release 42 leaves the old process in memory",
    "aspect": "performance",
    "steps": [{"id": "restart", "primitive": "restart_service"}],
    "expectations": [{"id": "runs", "check": "alive", "operator": "==", "bound": 1, "within": "15s"}],
}


@pytest.fixture
def world(database_url: str, broker_url: str, tmp_path: Path) -> Any:
    with api_world(database_url, broker_url, tmp_path / "api") as found:
        yield found


@pytest.fixture
def grace(tmp_path: Path, world: ApiWorld) -> Any:
    """Run `grace` against a real API as an operator."""
    return partial(command_line.grace, tmp_path, GRACE_URL=world.url, GRACE_TOKEN=world.secrets[Role.OPERATOR])


def jobs(world: ApiWorld) -> list[Any]:
    with world.runtime.ledger.transaction() as tx:
        return list(tx.jobs.find(names=["grace.plan"]))


def test_a_plan_becomes_one_durable_job_of_its_proposer(world: ApiWorld) -> None:
    response = world.post(PLANS, {"plan": PLAN, "priority": 7})
    assert response.status_code == 202, response.text
    (job,) = jobs(world)
    assert (str(job.id), job.priority, job.pool) == (response.json()["id"], 7, "orchestration")
    assert (job.payload["by"], job.payload["plan"]["name"]) == ("a-operator", PLAN["name"])
    assert world.get(response.headers["location"]).json()["state"] == "queued"


def test_the_same_key_gives_the_same_task_and_another_plan_under_it_is_refused(world: ApiWorld) -> None:
    key = {"Idempotency-Key": "release-42"}
    first, again = (world.post(PLANS, {"plan": PLAN}, headers=key).json()["id"] for _ in range(2))
    assert first == again
    other = world.post(PLANS, {"plan": {**PLAN, "name": "another"}}, headers=key)
    assert other.status_code == 409
    assert len(jobs(world)) == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"steps": [{"id": "a", "primitive": "reboot"}]}, "step 1 names unknown primitive 'reboot'; known: "),
        ({"target": "nowhere"}, "no target named 'nowhere'; declared targets: "),
        (
            {"steps": [{"id": "a", "primitive": "vacuum_table", "params": {"table": "x"}}]},
            "plan 'restart_after_release'",
        ),
        ({"expectations": [{**PLAN["expectations"][0], "check": "mood"}]}, "unknown check 'mood'"),
        ({"by": "ben"}, "plan.by"),
        ({"budget": "1s"}, "budget 1s is shorter than the longest expectation; give 15s"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_is_wrong_and_nothing_is_stored(
    world: ApiWorld, changes: dict[str, Any], sentence: str
) -> None:
    before = world.rows()
    response = world.post(PLANS, {"plan": {**PLAN, **changes}})
    assert response.status_code == 422, response.text
    assert sentence in response.json()["detail"]
    assert world.rows() == before


def test_only_an_operator_may_submit_one(world: ApiWorld) -> None:
    assert world.post(PLANS, {"plan": PLAN}, role=Role.VIEWER).status_code == 403
    assert world.post(PLANS, {"plan": PLAN}, role=None).status_code == 401
    assert jobs(world) == []


def test_the_command_line_submits_a_file_once_under_a_key(world: ApiWorld, grace: Any, tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(yaml.safe_dump(PLAN))
    told = [grace("plan", "submit", str(file), "--key", "r42", "--wait", "0") for _ in range(2)]
    assert [one.returncode for one in told] == [0, 0], told[0].stderr
    (job,) = jobs(world)
    assert {one.stdout for one in told} == {f"task {job.id}\n"}


def test_the_command_line_says_in_one_sentence_what_does_not_fit(world: ApiWorld, grace: Any, tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(yaml.safe_dump({**PLAN, "target": "nowhere"}))
    done = grace("plan", "submit", str(file))
    assert "no target named 'nowhere'" in one_sentence(done, 2)
    assert grace("plan", "submit", str(tmp_path / "missing.yaml")).returncode == 2
    assert jobs(world) == []


def test_python_submits_one_over_http_and_in_the_database(world: ApiWorld) -> None:
    with Grace(url=world.url, token=world.secrets[Role.OPERATOR]) as grace:
        assert grace.submit_plan(PLAN, key="k").id == grace.submit_plan(PLAN, key="k").id
    with Grace(database_url=world.database, name="billing") as grace:
        handle = grace.submit_plan(PLAN, priority=3, key="k")
        assert grace.submit_plan(PLAN, priority=3, key="k").id == handle.id
        assert handle.state() == "queued"
    assert sorted(job.payload["by"] for job in jobs(world)) == ["a-operator", "client:billing"]


def test_a_lever_is_changed_by_a_plan_of_its_proposer(world: ApiWorld, grace: Any) -> None:
    done = grace("lever", "try", "relay_batch", "750", "--reason", "bursts of alerts", "--wait", "0")
    assert done.returncode == 0, done.stderr
    (job,) = jobs(world)
    assert job.payload["by"] == "a-operator"
    assert job.payload["plan"]["steps"][0]["params"] == {"limit": "relay_batch_on_trial", "value": 750}
    refused = grace("lever", "set", "relay_batch", "7", "--reason", "bursts", "--wait", "0")
    assert "lever 'relay_batch' may be 50 to 5000, not 7" in one_sentence(refused, 2)
    shown = grace("lever", "list")
    assert "relay_batch" in shown.stdout
    assert len(jobs(world)) == 1
