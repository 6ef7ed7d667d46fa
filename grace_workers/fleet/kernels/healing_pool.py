"""The healing pool's worker on this node."""

from grace_workers.fleet.kernel import Kernel, Tier
from grace_workers.fleet.pooled import pool_readiness

DEFINITION = Kernel(
    name="healing_pool",
    tier=Tier.AGENTS,
    needs=("message_bus", "database", "governance", "secrets", "hunter"),
    process="healing",
    readiness=pool_readiness("healing"),
)
