"""People answer without a token: by their own signed link, or by a button, and are judged like everyone else."""

import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest

from grace_workers.governance import Role
from grace_workers.orchestration import approvals
from grace_workers.orchestration.people.links import link
from tests.acceptance.api_world import ApiWorld, api_world
from tests.redteam.test_roles import DOWN, SIGNALS, asked

pytestmark = pytest.mark.servers

SECRET, STAMP = "s" * 32, "X-Slack-Request-Timestamp"
PEOPLE = {
    "address": "https://grace.example",
    "signing_key": "k" * 32,
    "slack_secret": SECRET,
    "persons": [
        {"name": "ada", "role": "approver", "email": "ada@a.example", "slack": "U1"},
        {"name": "ben", "role": "operator", "email": "ben@a.example", "slack": "U2"},
        {"name": "a-approver", "role": "approver", "slack": "U3"},
    ],
}


@pytest.fixture
def api(database_url: str, broker_url: str, tmp_path: Path) -> Iterator[ApiWorld]:
    with api_world(database_url, broker_url, tmp_path, people=PEOPLE) as found:
        yield found


@pytest.fixture
def question(api: ApiWorld) -> dict[str, Any]:
    assert api.post(SIGNALS, DOWN, role=Role.APPROVER).status_code == 202
    return asked(api)


def path_of(api: ApiWorld, name: str, **changes: Any) -> str:
    """Return the path of a person's link to the question that waits."""
    (waiting,) = approvals.pending(api.runtime.ledger, api.runtime.clock)
    people = api.runtime.line.people
    person = next(one for one in people.persons if one.name == name)
    found = link(people, replace(waiting, **changes), person)
    assert found is not None
    return urlsplit(found).path


def say(api: ApiWorld, path: str, answer: str = "approve") -> Any:
    return api.client.post(path, data={"answer": answer, "reason": "it looks right"})


def press(api: ApiWorld, question: dict[str, Any], user: str, *, name: str = "approve", **changes: Any) -> Any:
    """Press a button as Slack reports it."""
    value = f"{question['id']} {changes.get('digest', question['plan_digest'])}"
    payload = {"user": {"id": user}, "actions": [{"action_id": name, "value": value}]}
    raw = urlencode({"payload": json.dumps(payload)})
    stamp = str(changes.get("stamp", int(time.time())))
    seal = hmac.new(changes.get("secret", SECRET).encode(), f"v0:{stamp}:{raw}".encode(), sha256).hexdigest()
    headers = {"Content-Type": "application/x-www-form-urlencoded", STAMP: stamp, "X-Slack-Signature": f"v0={seal}"}
    return api.client.post("/api/v1/slack/actions", content=raw, headers=headers)


def answers(api: ApiWorld) -> list[tuple[str, bool]]:
    found = api.get("/api/v1/approvals").json()
    return [(one["by"], one["approved"]) for asked in found for one in asked["answers"]]


def test_a_link_shows_the_question_and_only_its_form_answers(api: ApiWorld, question: dict[str, Any]) -> None:
    path = path_of(api, "ada")
    for _ in range(2):
        page = api.client.get(path)
        assert (page.status_code, "ada, do you agree?" in page.text) == (200, True)
        assert question["plan_digest"] in page.text
    assert answers(api) == []
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert say(api, path).status_code == 200
    assert answers(api) == [("ada/link", True)]
    assert "already" in say(api, path).text


def test_a_link_gives_no_more_than_its_persons_role(api: ApiWorld, question: dict[str, Any]) -> None:
    refused = say(api, path_of(api, "ben"))
    assert (refused.status_code, "needs at least approver" in refused.text) == (409, True)
    # The signal came by a token of this very person.
    own = say(api, path_of(api, "a-approver"))
    assert (own.status_code, "cannot approve it" in own.text) == (409, True)
    assert answers(api) == []


def test_a_forged_an_expired_and_an_outdated_link_answer_nothing(api: ApiWorld, question: dict[str, Any]) -> None:
    path = path_of(api, "ada")
    for wrong in (
        path[:-1] + ("0" if path[-1] != "0" else "1"),
        "/answer/x",
        "/answer/" + quote("é.é"),
        "/answer/e30.",
    ):
        assert say(api, wrong).status_code == 409, wrong
    now = api.runtime.clock.now()
    assert "expired" in say(api, path_of(api, "ada", expires_at=now)).text
    assert "plan has changed" in say(api, path_of(api, "ada", plan_digest="0" * 64)).text
    assert api.client.get(path_of(api, "ada", plan_digest="0" * 64)).status_code == 410
    assert answers(api) == []


def test_a_button_answers_for_the_person_who_pressed_it(api: ApiWorld, question: dict[str, Any]) -> None:
    assert "needs at least approver" in press(api, question, "U2").json()["text"]
    assert "cannot approve it" in press(api, question, "U3").json()["text"]
    assert "plan has changed" in press(api, question, "U1", digest="0" * 64).json()["text"]
    assert press(api, question, "U1").json()["text"] == "Your answer is recorded."
    assert answers(api) == [("ada/button", True)]


def test_an_operator_breaks_the_glass_with_a_reason_that_is_kept(api: ApiWorld, question: dict[str, Any]) -> None:
    path, order = f"/api/v1/approvals/{question['id']}", {"approved": True, "reason": "the shop is down"}
    assert api.post(path, order).status_code == 403
    assert api.post(path, {**order, "break_glass": True}, role=Role.VIEWER).status_code == 403
    found = api.post(path, {**order, "break_glass": True})
    assert (found.status_code, found.json()["answers"][0]["breaks_glass"]) == (200, True)
    entries = api.get("/api/v1/audit/entries?limit=50").json()
    assert "approval.broke_glass" in str(entries)


def test_a_button_without_slacks_signature_answers_nothing(api: ApiWorld, question: dict[str, Any]) -> None:
    refused = [
        press(api, question, "U1", secret="t" * 32),
        press(api, question, "U1", stamp=int(time.time()) - 600),
        press(api, question, "U9"),
        press(api, question, "U1", name="explode"),
    ]
    assert [one.status_code for one in refused] == [401] * 4
    huge = api.client.post("/api/v1/slack/actions", content=b"x" * 70_000)
    assert huge.status_code in {400, 401, 413, 422}
    assert answers(api) == []
