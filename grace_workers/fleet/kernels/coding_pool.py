"""The coding pool's worker on this node."""

from datetime import timedelta

from grace_workers.fleet.kernel import Kernel, RestartPolicy, Tier
from grace_workers.fleet.pooled import pool_readiness

DEFINITION = Kernel(
    name="coding_pool",
    tier=Tier.AGENTS,
    needs=("message_bus", "database", "governance", "secrets", "hunter", "sandbox"),
    critical=False,
    process="coding",
    may_pause=True,
    # No heal depends on it, so it may wait longer and spare the others the load of its starts.
    restart=RestartPolicy(longest=timedelta(seconds=30)),
    readiness=pool_readiness("coding", lacks="the coding engines: it runs jobs, but none that write code"),
)
