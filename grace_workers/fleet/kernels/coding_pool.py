"""The coding pool's worker on this node."""

from grace_workers.fleet.kernel import Kernel, Tier
from grace_workers.fleet.pooled import pool_readiness

DEFINITION = Kernel(
    name="coding_pool",
    tier=Tier.AGENTS,
    needs=("message_bus", "database", "governance", "secrets", "hunter", "sandbox"),
    critical=False,
    process="coding",
    may_pause=True,
    readiness=pool_readiness("coding", lacks="the coding engines: it runs jobs, but none that writes code"),
)
