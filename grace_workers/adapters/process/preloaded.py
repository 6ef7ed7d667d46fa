"""What the fork server of a node loads before it forks: the code that the node's processes share.

None of these is run as a program itself: Python would complain that it had been imported before.
"""

import sys
from collections.abc import Collection, Sequence

_ALL = (
    "cryptography.hazmat.primitives.asymmetric.ed25519",
    "grace_workers.bootstrap.runtime",
    "grace_workers.entrypoints.log_lines",
    "importlib.resources.readers",
    "sqlalchemy.dialects.postgresql.psycopg",
)
_CELERY = (
    "billiard.popen_fork",
    "billiard.sharedctypes",
    "billiard.synchronize",
    "celery.app.amqp",
    "celery.app.control",
    "celery.app.events",
    "celery.app.log",
    "celery.app.routes",
    "celery.apps.beat",
    "celery.apps.worker",
    "celery.bin.beat",
    "celery.bin.worker",
    "celery.concurrency.prefork",
    "celery.concurrency.thread",
    "celery.fixups.django",
    "celery.worker.autoscale",
    "celery.worker.components",
    "celery.worker.consumer",
    "celery.worker.consumer.delayed_delivery",
    "celery.worker.strategy",
    "grace_workers.adapters.celery.consumer",
    "grace_workers.adapters.celery.growing_pool",
    "grace_workers.adapters.celery.scheduler",
    "grace_workers.adapters.celery.transport",
    "grace_workers.bootstrap.broker",
    "grace_workers.entrypoints.tasks.app",
    "grace_workers.entrypoints.tasks.catalog",
    "grace_workers.entrypoints.tasks.registration",
)
_BY_PROCESS = {
    "control": ("grace_workers.bootstrap.control", "grace_workers.node.loops"),
    "api": (
        "anyio._backends._asyncio",
        "anyio.streams.tls",
        "grace_workers.entrypoints.api.app",
        "grace_workers.entrypoints.api.server",
        "uvicorn.lifespan.on",
        "uvicorn.loops.asyncio",
        "uvicorn.loops.auto",
        "uvicorn.protocols.http.auto",
    ),
    # Flower shares few modules, and is started once.
    "flower": (),
}
_DEFINED = tuple(
    f"grace_workers.{folder}."
    for folder in (
        "actions.primitives",
        "adapters.postgres",
        "checks",
        "coding.hunter.rules",
        "cycles.programmes",
        "diagnosis.engines",
        "diagnosis.rules",
        "drivers",
        "fleet.kernels",
        "governance.gates",
        "orchestration.events.topics",
        "orchestration.work.jobs",
        "signals.sources",
        "signals.triggers",
    )
)


def preloaded(processes: Collection[str]) -> Sequence[str]:
    """Return the modules for a node that runs these processes, with the definitions that are loaded here."""
    found = [*_ALL, *(name for name in sorted(sys.modules) if name.startswith(_DEFINED))]
    for name in processes:
        found += [module for module in _BY_PROCESS.get(name, _CELERY) if module not in found]
    return found
