"""A plan for someone else's service waits for a person: who may answer, what an answer does, what is stored."""

import json
from datetime import timedelta

import pytest

from grace_workers.actions import Restartable
from grace_workers.adapters.postgres.fleet.instances import PostgresInstances
from grace_workers.foundation.ids import TargetName
from grace_workers.governance import Role
from tests.acceptance.api_world import api_world
from tests.acceptance.command_line import grace, one_sentence
from tests.integration.line.conftest import work

pytestmark = pytest.mark.servers

APPROVALS = "/api/v1/approvals"
ORDER = {"target": "partner", "reason": "it does not answer", "playbook": "restart_dead_service"}


class Question:
    """A plan that an admin proposed and that waits for a person, and the ways to answer it."""

    def __init__(self, world, folder):
        self.world, self.folder = world, folder
        self.task = world.post("/elite/healing/task", ORDER, role=Role.ADMIN).json()["id"]
        work(world.runtime)
        (self.asked,) = world.get(APPROVALS).json()
        self.incident = self.asked["incident"]

    def answer(self, role, *, approved=True, reason="known outage"):
        return self.world.post(f"{APPROVALS}/{self.asked['id']}", {"approved": approved, "reason": reason}, role=role)

    def grace(self, *arguments, role=Role.APPROVER):
        secret = self.world.secrets[role]
        return grace(self.folder, *arguments, GRACE_URL=self.world.url, GRACE_TOKEN=secret)

    def story(self):
        """Return the incident's state, once all due work is done."""
        work(self.world.runtime)
        return self.world.get(f"/api/v1/incidents/{self.incident}").json()

    def service(self):
        return self.world.runtime.line.world.role(TargetName("partner"), Restartable)


@pytest.fixture
def question(database_url, broker_url, tmp_path):
    with api_world(database_url, broker_url, tmp_path / "api") as world:
        PostgresInstances(world.runtime.engine).register(world.runtime.instance, pools=["healing", "orchestration"])
        found = Question(world, tmp_path)
        yield found
        found.service().stop(timedelta(seconds=1))


def test_neither_a_lower_role_nor_the_proposer_may_answer(question):
    assert (question.asked["role"], question.asked["proposer"]) == ("approver", "a-admin")
    before = question.world.rows()

    below = question.answer(Role.OPERATOR)
    proposer = question.answer(Role.ADMIN)

    assert (below.status_code, proposer.status_code) == (403, 409)
    assert "needs at least approver" in below.json()["detail"]
    assert "a-admin proposed this plan" in proposer.json()["detail"]
    assert "needs at least approver" in one_sentence(
        question.grace("approve", question.incident, "-r", "x", role=Role.OPERATOR), 2
    )
    assert "proposed this plan" in one_sentence(
        question.grace("approve", question.incident, "-r", "x", role=Role.ADMIN), 2
    )
    assert question.world.rows() == before
    assert question.story()["state"] == "awaiting_approval"


def test_a_plan_that_an_operator_changes_is_asked_about_again_and_runs_as_changed(question):
    before = question.world.rows()
    wrong = one_sentence(question.grace("plan", "edit", question.incident, "grace_period=3s", "-r", "slow"), 2)
    assert "write step.param=value" in wrong
    unknown = one_sentence(question.grace("plan", "edit", question.incident, "restart.colour=red", "-r", "slow"), 2)
    assert "colour: there is no such field" in unknown
    assert question.world.rows() == before

    done = question.grace("plan", "edit", question.incident, "restart.grace_period=3s", "-r", "it stops slowly")
    told = done.stdout
    assert "is governed anew" in told
    assert question.story()["state"] == "awaiting_approval"
    earlier, (question.asked,) = question.asked, question.world.get(APPROVALS).json()
    assert question.asked["plan_digest"] != earlier["plan_digest"]
    assert "a-approver proposed this plan" in question.answer(Role.APPROVER).json()["detail"]
    assert question.answer(Role.ADMIN).status_code == 409
    question.world.post(f"{APPROVALS}/{question.asked['id']}", {"approved": False, "reason": "no"}, role=Role.APPROVER)
    story = question.story()
    assert [step["params"] for step in story["plan"]["steps"]] == [{"grace_period": "3s"}]
    told = [one["headline"] for one in story["timeline"] if "changed the plan" in one["headline"]]
    assert told == ["a-approver changed the plan: restart.grace_period from 10s to 3s: it stops slowly"]


def test_an_answer_needs_a_reason(question):
    before = question.world.rows()
    assert question.answer(Role.APPROVER, reason="").status_code == 422
    assert question.answer(Role.APPROVER, reason="  ").status_code == 422
    assert question.grace("approve", question.incident).returncode == 2
    assert question.world.rows() == before


def test_a_no_with_its_reason_refuses_the_plan_and_is_the_last_word(question):
    done = question.grace("reject", question.incident, "--reason", "they are migrating")
    assert (done.returncode, done.stdout) == (0, "rejected: the plan will not run\n")

    story = question.story()
    assert story["state"] == "refused"
    assert any("a-approver rejected it: they are migrating" in reason for reason in story["reasons"])
    assert not question.service().status().running
    assert question.world.get(f"/elite/tasks/{question.task}").json()["state"] == "failed"
    assert "they are migrating" in question.grace("incident", "show", question.incident).stdout
    assert question.answer(Role.APPROVER).status_code == 409
    assert question.world.get(APPROVALS).json() == []


def test_a_yes_with_its_reason_lets_the_plan_run_and_is_given_once(question):
    done = question.grace("approve", question.asked["id"], "--reason", "safe at this hour", "--json")
    assert json.loads(done.stdout)["answers"][0]["reason"] == "safe at this hour"
    again = question.grace("approve", question.asked["id"], "--reason", "once more")
    assert "enough people have already agreed" in one_sentence(again, 2)
    assert question.answer(Role.APPROVER, approved=False).status_code == 409

    story = question.story()
    assert (story["state"], story["closing"]) == ("closed", "healed"), story["timeline"]
    assert question.service().status().running
    assert question.world.get(f"/elite/tasks/{question.task}").json()["state"] == "succeeded"
    ((answer,),) = (asked["answers"] for asked in story["approvals"])
    assert (answer["by"], answer["approved"], answer["reason"]) == ("a-approver", True, "safe at this hour")
    (entry,) = _told(question.world, question.incident, "approval.answered")
    assert (entry["envelope"]["actor"], entry["data"]["reason"]) == ("a-approver", "safe at this hour")
    assert "safe at this hour" in question.grace("incident", "show", question.incident).stdout
    assert question.answer(Role.APPROVER).status_code == 409


def _told(world, incident, action):
    entries = world.get(f"/api/v1/audit/entries?incident={incident}&limit=500").json()
    return [one for one in entries if one["envelope"]["action"] == action]
