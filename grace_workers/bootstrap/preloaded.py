"""What the fork server of a node loads before it forks: the code that the node's processes share.

None of these is run as a program itself: Python would complain that it had been imported before.
"""

from collections.abc import Collection, Iterator, Sequence
from importlib import import_module
from pkgutil import iter_modules

_ALL = (
    "grace_workers.bootstrap.runtime",
    "grace_workers.entrypoints.log_lines",
    "sqlalchemy.dialects.postgresql.psycopg",
)
_CATALOGS = (
    "grace_workers.actions.primitives",
    "grace_workers.checks",
    "grace_workers.diagnosis.engines",
    "grace_workers.diagnosis.rules",
    "grace_workers.fleet.kernels",
    "grace_workers.governance.gates",
    "grace_workers.signals.sources",
    "grace_workers.signals.triggers",
)
_CELERY = (
    "celery.apps.beat",
    "celery.apps.worker",
    "celery.bin.beat",
    "celery.bin.celery",
    "celery.bin.worker",
    "celery.concurrency.prefork",
    "celery.concurrency.thread",
    "celery.fixups.django",
    "celery.worker.components",
    "celery.worker.consumer",
    "grace_workers.adapters.celery.consumer",
    "grace_workers.adapters.celery.growing_pool",
    "grace_workers.adapters.celery.scheduler",
    "grace_workers.adapters.celery.transport",
    "grace_workers.entrypoints.tasks.app",
    "grace_workers.entrypoints.tasks.catalog",
    "grace_workers.entrypoints.tasks.registration",
)
_BY_PROCESS = {
    "control": ("grace_workers.bootstrap.control", "grace_workers.node.loops"),
    "api": (
        "grace_workers.entrypoints.api.app",
        "grace_workers.entrypoints.api.server",
        "uvicorn.lifespan.on",
        "uvicorn.loops.auto",
        "uvicorn.protocols.http.auto",
    ),
    # Flower brings a world of its own and is started once.
    "flower": (),
}


def preloaded(processes: Collection[str]) -> Sequence[str]:
    """Return the modules for a node that runs these processes."""
    found = [*_ALL, *_definitions()]
    for name in processes:
        found += [module for module in _BY_PROCESS.get(name, _CELERY) if module not in found]
    return found


def _definitions() -> Iterator[str]:
    """Yield the modules of the definitions that every runtime reads."""
    for folder in _CATALOGS:
        for found in iter_modules(import_module(folder).__path__):
            yield f"{folder}.{found.name}"
