"""GitHub's webhooks: workflow runs of the default branch that fail and recover, and deployments.

Every other event, and a run on another branch, is answered and changes nothing, so a webhook may send everything.
GitHub signs only the body; its `X-GitHub-Delivery` does not identify a repeat, so a delivery is identified by its
content.
"""

import json
from collections.abc import Mapping
from datetime import datetime

from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetName
from grace_workers.signals.basic_credential import basic_credential
from grace_workers.signals.delivery import Delivery, tolerant_json
from grace_workers.signals.deployment import Deployment, DeploymentState
from grace_workers.signals.foreign import moment, name_at, table, word
from grace_workers.signals.limits import LONGEST_NAME
from grace_workers.signals.signal import Severity, Signal, SignalStatus
from grace_workers.signals.signature import sign
from grace_workers.signals.signing import check_digest, hmac_sha256
from grace_workers.signals.source import ClientConfig, LeftOut, Parsed, Source, SourceExample

_WHAT = "github webhook"
_FORM = "application/x-www-form-urlencoded"
_FAILED = frozenset({"failure", "timed_out", "startup_failure"})
_STATES = {
    "success": DeploymentState.SUCCEEDED,
    "failure": DeploymentState.FAILED,
    "error": DeploymentState.FAILED,
    "inactive": None,
}


def parse(delivery: Delivery) -> Parsed:
    """Return what the event reports: a failed or recovered pipeline, or a deployment.

    Raises:
        InputError: it is not a webhook of GitHub.
    """
    body = _body(delivery)
    event = delivery.headers.get("x-github-event", "")
    if not isinstance(body, dict) or not event:
        raise InputError(f"{_WHAT}: no X-GitHub-Event and an object; send what GitHub sends")
    target = delivery.query.get("target", "")[:LONGEST_NAME]
    if event == "workflow_run" and word(body, "action") == "completed":
        signal = _pipeline(body, target, delivery.received_at)
        if signal is not None:
            return Parsed(signals=[signal])
    if event in {"deployment", "deployment_status"} and table(body, "deployment"):
        return Parsed(signals=(), deployments=[_deployment(body, target, delivery.received_at)])
    said = f"{event[:80]} {word(body, 'action')[:80]}".strip()
    return Parsed(
        signals=(), left_out=[LeftOut(position=1, name=said, reason="neither a pipeline nor a deployment", whole=False)]
    )


def _body(delivery: Delivery) -> JsonValue:
    if delivery.content_type == _FORM:
        return tolerant_json(delivery.form.get("payload", "").encode(errors="replace"))
    return delivery.json


def _pipeline(body: Mapping[str, JsonValue], target: str, received_at: datetime) -> Signal | None:
    """Return the signal of a run of the default branch that failed or succeeded, else None."""
    run, repository = table(body, "workflow_run"), table(body, "repository")
    conclusion = word(run, "conclusion")
    if word(run, "head_branch") != word(repository, "default_branch") or word(run, "event") == "pull_request":
        return None
    if conclusion not in _FAILED | {"success"}:
        return None
    pipeline, full_name = name_at(run, "name") or "workflow", name_at(repository, "full_name")
    name = target or name_at(repository, "name")
    return Signal(
        source="github",
        name="pipeline failed" if conclusion in _FAILED else "pipeline succeeded",
        target=TargetName(name) if name else None,
        severity=Severity.ERROR if conclusion in _FAILED else Severity.INFO,
        status=SignalStatus.FIRING if conclusion in _FAILED else SignalStatus.RESOLVED,
        summary=f"{pipeline} of {full_name}: {conclusion}; {word(run, 'display_title') or word(run, 'head_sha')}",
        labels={"repository": full_name, "pipeline": pipeline, "branch": name_at(run, "head_branch")},
        attributes={
            "url": word(run, "html_url"),
            "revision": word(run, "head_sha"),
            "by": word(run, "actor", "login"),
            "run": word(run, "id"),
            "attempt": word(run, "run_attempt"),
        },
        signature=sign("pipeline failed", labels={"pipeline": pipeline, "repository": full_name}),
        delivery_key=f"github:run:{full_name}:{word(run, 'id')}:{word(run, 'run_attempt')}:{conclusion}",
        observed_at=moment(run.get("updated_at"), received_at) or received_at,
    )


def _deployment(body: Mapping[str, JsonValue], target: str, received_at: datetime) -> Deployment:
    told, status, repository = table(body, "deployment"), table(body, "deployment_status"), table(body, "repository")
    environment = name_at(status, "environment") or name_at(told, "environment")
    return Deployment(
        key=f"github:{name_at(repository, 'full_name')}:{word(told, 'id')}",
        source="github",
        names=(target, name_at(repository, "name"), environment, name_at(repository, "full_name")),
        state=_STATES.get(word(status, "state")) or DeploymentState.STARTED,
        revision=name_at(told, "sha") or name_at(told, "ref"),
        environment=environment,
        title=word(told, "description") or word(told, "ref"),
        by=name_at(status, "creator", "login") or name_at(told, "creator", "login"),
        url=word(status, "target_url") or word(status, "log_url") or word(told, "url"),
        at=moment(status.get("updated_at") or told.get("created_at"), received_at) or received_at,
        began_at=moment(told.get("created_at"), received_at),
    )


def verify(delivery: Delivery, secret: str, now: datetime) -> None:
    """Check GitHub's signature of the body. Raises SignatureError."""
    del now
    wanted = f"sha256={hmac_sha256(secret, delivery.body).hex()}"
    check_digest(delivery.headers.get("x-hub-signature-256", ""), wanted)


_EXAMPLE = {
    "action": "completed",
    "workflow_run": {
        "id": 4711,
        "run_attempt": 1,
        "name": "deploy",
        "event": "push",
        "conclusion": "failure",
        "head_branch": "main",
        "head_sha": "8f1c2d3",
        "display_title": "Take coupons",
        "updated_at": "2026-11-21T08:00:00Z",
        "html_url": "https://github.com/example/shop-web/actions/runs/4711",
        "actor": {"login": "ann"},
    },
    "repository": {"name": "shop-web", "full_name": "example/shop-web", "default_branch": "main"},
}
_CLIENT = """Settings > Webhooks > Add webhook
  Payload URL:   https://<host>/api/v1/signals/github?token=<a reporter's token>
                 and &target=<name> where the target is not named as the repository is
  Content type:  application/json
  Secret:        <a secret of your own>
  Events:        Workflow runs, Deployment statuses

grace.yaml:
  api:
    signing_secrets: { github: "<the same secret>" }
"""

DEFINITION = Source(
    name="github",
    summary="Failed pipelines and deployments by GitHub's webhooks",
    parse=parse,
    example=SourceExample(body=json.dumps(_EXAMPLE, indent=2).encode(), headers={"x-github-event": "workflow_run"}),
    client=ClientConfig(language="text", text=_CLIENT),
    content_types=("application/json", _FORM),
    verify=verify,
    signs_time=False,
    credential=basic_credential,
)
