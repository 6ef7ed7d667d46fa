"""`Deployment`: a version was deployed somewhere. It is not a condition and opens nothing; diagnosis reads it."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from grace_workers.foundation import redaction
from grace_workers.foundation.ids import TargetName


class DeploymentState(StrEnum):
    """The state of a deployment."""

    STARTED = "started"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One deployment as its sender last reported it.

    `key` is the same for all reports of one deployment. `names` may name the target, the most explicit first;
    `target` is the first of them that is declared, else the first. `at` is when it reached its state, `began_at`
    when it began.
    """

    key: str
    source: str
    names: tuple[str, ...]
    state: DeploymentState
    revision: str
    environment: str
    title: str
    by: str
    url: str
    at: datetime
    began_at: datetime | None = None
    target: TargetName | None = None


def deployed(deployment: Deployment, known: Collection[TargetName]) -> Deployment:
    """Return the deployment with its target settled, and with every secret from its sender replaced by stars."""
    names = [TargetName(name) for name in deployment.names if name]
    target = next((name for name in names if name in known), names[0] if names else None)
    return replace(
        deployment,
        target=target,
        title=redaction.starred(deployment.title),
        revision=redaction.starred(deployment.revision),
        url=redaction.starred(deployment.url),
        by=redaction.starred(deployment.by),
    )
