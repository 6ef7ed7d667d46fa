"""By how much the replicas of a key-value server lag."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field

from grace_workers.actions import CacheServer
from grace_workers.checks.check import EVERY_KIND, Check, Labels, below
from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.errors import PermanentError


class ReplicationLagParams(Document):
    """`replicas` is how many there should be."""

    replicas: Annotated[int, Field(ge=1, le=99)] = 1


def probe(server: CacheServer, params: ReplicationLagParams) -> float:
    """Return the bytes by which the slowest replica lags. Raises PermanentError when a replica is not connected."""
    lags = server.figures().replica_lags
    if len(lags) < params.replicas:
        raise PermanentError(f"{len(lags)} of {params.replicas} replicas are connected, so the others fall behind")
    return float(max(lags))


def _replicas(labels: Labels) -> Sequence[Mapping[str, JsonValue]]:
    """Return one reading if the label `replicas` says how many there should be."""
    said = labels.get("replicas", "").strip()
    return [{"replicas": int(said)}] if re.fullmatch("[1-9][0-9]?", said) else []


DEFINITION = Check(
    name="replication_lag_bytes",
    summary="By how many bytes the slowest replica of a key-value server lags.",
    unit="bytes",
    role=CacheServer,
    params=ReplicationLagParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    from_labels=_replicas,
    tolerates=below("replication_lag_bytes", 10 << 20),
)
