import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from grace_workers.foundation.errors import InputError
from grace_workers.signals import Delivery, DeploymentState, Parsed, SignalStatus, deployed, hmac_sha256
from grace_workers.signals.sources.github import DEFINITION

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
RUN: Any = json.loads(DEFINITION.example.body)
DEPLOYMENT: Any = {
    "action": "created",
    "deployment": {
        "id": 9,
        "sha": "8f1c2d3",
        "ref": "main",
        "environment": "production",
        "creator": {"login": "ann"},
        "created_at": "2026-11-21T07:00:00Z",
    },
    "deployment_status": {"state": "success", "environment": "production", "updated_at": "2026-11-21T07:03:00Z"},
    "repository": RUN["repository"],
}


def signed(delivery: Delivery, secret: str, at: datetime) -> Delivery:
    del at
    digest = f"sha256={hmac_sha256(secret, delivery.body).hex()}"
    return replace(delivery, headers={**delivery.headers, "x-hub-signature-256": digest})


def parse(event: str, body: Any, **query: str) -> Parsed:
    headers = {"x-github-event": event}
    return DEFINITION.parse(Delivery(body=json.dumps(body).encode(), headers=headers, query=query, received_at=NOW))


def run(**changes: Any) -> Parsed:
    return parse("workflow_run", {**RUN, "workflow_run": {**RUN["workflow_run"], **changes}})


def test_a_failed_run_is_ended_by_one_that_succeeds() -> None:
    [failed], [fine] = run().signals, run(id=4712, conclusion="success").signals
    assert (failed.status, fine.status) == (SignalStatus.FIRING, SignalStatus.RESOLVED)
    assert (failed.signature, failed.target) == (fine.signature, fine.target)
    assert failed.target == "shop-web"
    assert failed.delivery_key != run(run_attempt=2).signals[0].delivery_key


@pytest.mark.parametrize(
    "changes", [{"head_branch": "topic"}, {"event": "pull_request"}, {"conclusion": "cancelled"}, {"conclusion": None}]
)
def test_what_says_nothing_of_the_default_branch_is_noted(changes: Any) -> None:
    found = run(**changes)
    assert not found.signals
    assert [one.whole for one in found.left_out] == [False]


def test_a_deployment_is_a_fact_and_no_signal() -> None:
    found = parse("deployment_status", DEPLOYMENT)
    [one] = found.deployments
    assert not found.signals
    assert (one.key, one.state, one.revision) == ("github:example/shop-web:9", DeploymentState.SUCCEEDED, "8f1c2d3")
    assert (one.at.minute, one.began_at and one.began_at.minute, one.by) == (3, 0, "ann")
    assert deployed(one, {"production"}).target == "production"
    assert deployed(one, ()).target == "shop-web"
    [started] = parse("deployment", {**DEPLOYMENT, "deployment_status": None}, target="web").deployments
    assert (started.key, started.state, deployed(started, ()).target) == (one.key, DeploymentState.STARTED, "web")


def test_a_form_is_read_as_its_payload() -> None:
    form = urlencode({"payload": json.dumps(RUN)}).encode()
    given = replace(DEFINITION.example.delivered(NOW), body=form, content_type="application/x-www-form-urlencoded")
    assert DEFINITION.parse(given).signals[0].name == "pipeline failed"


def test_a_ping_is_answered_and_a_stranger_is_refused() -> None:
    assert parse("ping", {"zen": "Keep it logically awesome."}).signals == ()
    with pytest.raises(InputError, match="X-GitHub-Event"):
        DEFINITION.parse(Delivery(body=b"{}", received_at=NOW))
