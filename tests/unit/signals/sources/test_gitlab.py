import base64
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from grace_workers.foundation.errors import InputError
from grace_workers.signals import Delivery, DeploymentState, Parsed, SignalStatus, SignatureError
from grace_workers.signals.sources.gitlab import DEFINITION, credential

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
PIPELINE: Any = json.loads(DEFINITION.example.body)
DEPLOYMENT: Any = {
    "object_kind": "deployment",
    "status": "success",
    "status_changed_at": "2026-11-21 09:50:00 +0200",
    "deployment_id": 15,
    "deployable_url": "https://gitlab.example/example/shop-web/-/jobs/796",
    "environment": "production",
    "project": {"path_with_namespace": "example/shop-web"},
    "short_sha": "279484c0",
    "user": {"username": "ann"},
    "commit_title": "Take coupons",
}


def signed(delivery: Delivery, secret: str, at: datetime) -> Delivery:
    stamp = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_")) if secret.startswith("whsec_") else secret.encode()
    digest = hmac.digest(key, f"msg-1.{stamp}.".encode() + delivery.body, "sha256")
    headers = {
        "webhook-id": "msg-1",
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
    return replace(delivery, headers=headers)


def parse(body: Any) -> Parsed:
    return DEFINITION.parse(Delivery(body=json.dumps(body).encode(), received_at=NOW))


def pipeline(**changes: Any) -> Parsed:
    return parse({**PIPELINE, "object_attributes": {**PIPELINE["object_attributes"], **changes}})


def test_a_failed_pipeline_is_ended_by_one_that_succeeds() -> None:
    [failed], [fine] = pipeline().signals, pipeline(id=32, status="success").signals
    assert (failed.status, fine.status) == (SignalStatus.FIRING, SignalStatus.RESOLVED)
    assert (failed.signature, failed.target) == (fine.signature, fine.target)
    assert (failed.target, failed.observed_at) == ("shop-web", NOW)


@pytest.mark.parametrize(
    "changes", [{"ref": "topic"}, {"source": "merge_request_event"}, {"status": "running"}, {"status": "canceled"}]
)
def test_what_says_nothing_of_the_default_branch_is_noted(changes: Any) -> None:
    found = pipeline(**changes)
    assert not found.signals
    assert [one.whole for one in found.left_out] == [False]


def test_a_deployment_is_a_fact_and_no_signal() -> None:
    [one] = parse(DEPLOYMENT).deployments
    assert (one.key, one.state, one.revision) == ("gitlab:example/shop-web:15", DeploymentState.SUCCEEDED, "279484c0")
    assert (one.at, one.by) == (datetime(2026, 11, 21, 7, 50, tzinfo=UTC), "ann")
    [failed] = parse({**DEPLOYMENT, "status": "failed"}).deployments
    assert failed.state is DeploymentState.FAILED


def test_the_secret_token_is_the_token() -> None:
    assert credential({"x-gitlab-token": "grace_1"}, {}) == "grace_1"
    assert credential({}, {"token": "grace_2"}) == "grace_2"


def test_of_several_signatures_one_that_holds_is_enough() -> None:
    assert DEFINITION.verify is not None
    secret = "whsec_" + base64.b64encode(b"k" * 32).decode()
    right = signed(DEFINITION.example.delivered(NOW), secret, NOW)
    both = {**right.headers, "webhook-signature": "v1,AAAA " + right.headers["webhook-signature"]}
    DEFINITION.verify(replace(right, headers=both), secret, NOW)
    with pytest.raises(SignatureError, match="no whsec_"):
        DEFINITION.verify(right, "whsec_no base64!", NOW)


def test_what_is_no_webhook_is_refused() -> None:
    with pytest.raises(InputError, match="no object_kind"):
        parse({})
