"""GitLab's webhooks: pipelines of the default branch that fail and recover, and deployments.

The secret token of the webhook is a reporter's token. With a signing token, too, GitLab signs as Standard Webhooks do:
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hmac
import json
from collections.abc import Mapping
from datetime import datetime

from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetName
from grace_workers.signals.basic_credential import basic_credential
from grace_workers.signals.delivery import Delivery
from grace_workers.signals.deployment import Deployment, DeploymentState
from grace_workers.signals.foreign import moment, name_at, table, word
from grace_workers.signals.limits import LONGEST_NAME
from grace_workers.signals.signal import Severity, Signal, SignalStatus
from grace_workers.signals.signature import sign
from grace_workers.signals.signing import SignatureError, check_digest, check_time
from grace_workers.signals.source import ClientConfig, LeftOut, Parsed, Source, SourceExample

_WHAT = "gitlab webhook"
_PREFIX = "whsec_"
_STATES = {
    "success": DeploymentState.SUCCEEDED,
    "failed": DeploymentState.FAILED,
    "canceled": DeploymentState.CANCELLED,
}


def parse(delivery: Delivery) -> Parsed:
    """Return what the event reports: a failed or recovered pipeline, or a deployment.

    Raises:
        InputError: it is not a webhook of GitLab.
    """
    body = delivery.json
    kind = word(body, "object_kind")
    if not isinstance(body, dict) or not kind:
        raise InputError(f"{_WHAT}: no object_kind; send what GitLab sends")
    target = delivery.query.get("target", "")[:LONGEST_NAME]
    if kind == "pipeline":
        signal = _pipeline(body, target, delivery.received_at)
        if signal is not None:
            return Parsed(signals=[signal])
    if kind == "deployment":
        return Parsed(signals=(), deployments=[_deployment(body, target, delivery.received_at)])
    reason = "neither a pipeline that ended on the default branch nor a deployment"
    return Parsed(signals=(), left_out=[LeftOut(position=1, name=kind[:LONGEST_NAME], reason=reason, whole=False)])


def _pipeline(body: Mapping[str, JsonValue], target: str, received_at: datetime) -> Signal | None:
    """Return the signal of a pipeline of the default branch that failed or succeeded, else None."""
    run, project = table(body, "object_attributes"), table(body, "project")
    status = word(run, "status")
    if word(run, "ref") != word(project, "default_branch") or word(run, "source") == "merge_request_event":
        return None
    if status not in {"failed", "success"}:
        return None
    failed = status == "failed"
    path = name_at(project, "path_with_namespace")
    name = target or path.rpartition("/")[2]
    return Signal(
        source="gitlab",
        name="pipeline failed" if failed else "pipeline succeeded",
        target=TargetName(name) if name else None,
        severity=Severity.ERROR if failed else Severity.INFO,
        status=SignalStatus.FIRING if failed else SignalStatus.RESOLVED,
        summary=f"pipeline of {path}: {status}; {word(body, 'commit', 'title') or word(run, 'sha')}",
        labels={"repository": path, "branch": name_at(run, "ref")},
        attributes={
            "url": word(run, "url"),
            "revision": word(run, "sha"),
            "by": word(body, "user", "username"),
            "pipeline": word(run, "id"),
        },
        signature=sign("pipeline failed", labels={"repository": path}),
        # A pipeline that is retried ends again under its id, at another time.
        delivery_key=f"gitlab:pipeline:{path}:{word(run, 'id')}:{status}:{word(run, 'finished_at')}",
        observed_at=moment(run.get("finished_at"), received_at) or received_at,
    )


def _deployment(body: Mapping[str, JsonValue], target: str, received_at: datetime) -> Deployment:
    path = name_at(body, "project", "path_with_namespace")
    environment = name_at(body, "environment")
    return Deployment(
        key=f"gitlab:{path}:{word(body, 'deployment_id')}",
        source="gitlab",
        names=(target, path.rpartition("/")[2], environment, path),
        state=_STATES.get(word(body, "status"), DeploymentState.STARTED),
        revision=name_at(body, "short_sha"),
        environment=environment,
        title=word(body, "commit_title") or word(body, "ref"),
        by=name_at(body, "user", "username"),
        url=word(body, "deployable_url"),
        at=moment(body.get("status_changed_at"), received_at) or received_at,
    )


def verify(delivery: Delivery, secret: str, now: datetime) -> None:
    """Check GitLab's signature of id, time and body. Raises SignatureError."""
    stamp = delivery.headers.get("webhook-timestamp", "")
    check_time(stamp, now)
    key = _key(secret)
    told = f"{delivery.headers.get('webhook-id', '')}.{stamp}.".encode(errors="replace")
    wanted = base64.b64encode(hmac.digest(key, told + delivery.body, "sha256")).decode()
    given = delivery.headers.get("webhook-signature", "").split()
    # After the token was changed, the header may contain a signature by either; one that is valid is enough.
    matching = [one for one in given if hmac.compare_digest(one.encode(), f"v1,{wanted}".encode())]
    check_digest(matching[0] if matching else "".join(given[:1]), f"v1,{wanted}")


def _key(secret: str) -> bytes:
    """Return the key of a signing token: the base64 after `whsec_`; any other secret unchanged."""
    if not secret.startswith(_PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error as error:
        raise SignatureError("the signing token in the settings is no whsec_ followed by base64") from error


def credential(headers: Mapping[str, str], query: Mapping[str, str]) -> str | None:
    """Return the secret token of the webhook."""
    return headers.get("x-gitlab-token") or basic_credential(headers, query)


_EXAMPLE = {
    "object_kind": "pipeline",
    "object_attributes": {
        "id": 31,
        "ref": "main",
        "sha": "bcbb5ec396a2c0f828686f14fac9b80b780504f2",
        "source": "push",
        "status": "failed",
        "finished_at": "2026-11-21 08:00:00 UTC",
        "url": "https://gitlab.example/example/shop-web/-/pipelines/31",
    },
    "user": {"username": "ann"},
    "project": {"path_with_namespace": "example/shop-web", "default_branch": "main"},
    "commit": {"title": "Take coupons"},
}
_CLIENT = """Settings > Webhooks > Add new webhook
  URL:            https://<host>/api/v1/signals/gitlab
                  and ?target=<name> where the target is not named as the project is
  Secret token:   <a reporter's token>
  Signing token:  optional; put the same into grace.yaml
  Trigger:        Pipeline events, Deployment events

grace.yaml, with a signing token:
  api:
    signing_secrets: { gitlab: "whsec_…" }
"""

DEFINITION = Source(
    name="gitlab",
    summary="Failed pipelines and deployments by GitLab's webhooks",
    parse=parse,
    example=SourceExample(body=json.dumps(_EXAMPLE, indent=2).encode(), headers={"x-gitlab-event": "Pipeline Hook"}),
    client=ClientConfig(language="text", text=_CLIENT),
    verify=verify,
    credential=credential,
)
