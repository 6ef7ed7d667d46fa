"""The orchestration pool's worker on this node."""

from grace_workers.fleet.kernel import Kernel, Tier
from grace_workers.fleet.pooled import pool_readiness

DEFINITION = Kernel(
    name="orchestration_pool",
    tier=Tier.AGENTS,
    needs=("message_bus", "database", "governance", "secrets", "error_recognition"),
    process="orchestration",
    readiness=pool_readiness("orchestration"),
)
