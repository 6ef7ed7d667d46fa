"""Services in memory with something to see, by the diagnostic that must tell it."""

from collections.abc import Mapping
from datetime import timedelta

from grace_workers.actions import (
    EnvironmentProof,
    Failover,
    Limit,
    Resizable,
    Restartable,
    RevisionTraffic,
    Scalable,
    ServiceLimits,
    ServiceParts,
)
from grace_workers.testing import (
    MemoryEnvironment,
    MemoryFailover,
    MemoryLimits,
    MemoryParts,
    MemoryScale,
    MemoryService,
    MemorySize,
    MemoryTraffic,
)

_LIMITS = {
    "memory": Limit(name="memory", value=512, lowest=128, highest=256, unit="MiB"),
    "pids": Limit(name="pids", value=None, lowest=10, highest=100),
}

SERVICES: Mapping[str, Mapping[type, object]] = {
    "service": {Restartable: MemoryService(serving=timedelta(seconds=42))},
    "service_parts": {ServiceParts: MemoryParts(unhealthy={"b"})},
    "scale": {Scalable: MemoryScale(wanted=5, missing=1)},
    "service_limits": {ServiceLimits: MemoryLimits(_LIMITS)},
    "standbys": {Failover: MemoryFailover(standbys=())},
    "revision_traffic": {RevisionTraffic: MemoryTraffic(broken={"shop-1"})},
    "machine_size": {Resizable: MemorySize(name="huge")},
    "environment": {EnvironmentProof: MemoryEnvironment()},
}
