"""A real worker of another application, started once for a test process and shared, because a start takes seconds."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from celery import Celery

from grace_workers.adapters.embedded import EmbeddedValkey
from tests.waiting import until

WORKER = "one@shop"
ROOT = Path(__file__).parent.parent


def foreign_broker() -> str:
    """Return the broker of an application whose only worker takes from `mail` and `other`."""
    url = _started()
    with Celery("asking", broker=url, set_as_current=False) as app:
        app.control.add_consumer("mail", destination=[WORKER], reply=True, timeout=20)
    until(lambda: "mail" in taking(url), within=20)
    return url


def taking(url: str, patience: float = 20) -> list[str]:
    """Return the queues that the worker takes from, as it says itself."""
    with Celery("asking", broker=url, set_as_current=False) as app:
        found = app.control.inspect(destination=[WORKER], timeout=patience).active_queues() or {}
    return sorted(one["name"] for one in found.get(WORKER, ()))


@cache
def _started() -> str:
    folder = Path(tempfile.mkdtemp(prefix="grace-shop-"))
    server = EmbeddedValkey(folder / "valkey", durable=False)
    server.start()
    options = ["--pool=threads", "--concurrency=1", "--queues=mail,other", f"--hostname={WORKER}", "--without-mingle"]
    worker = subprocess.Popen(
        [sys.executable, "-m", "celery", "--app=tests.foreign_app", "worker", "--without-gossip", *options],
        cwd=ROOT,
        env={**os.environ, "SHOP_BROKER": server.url},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def end() -> None:
        worker.kill()
        worker.wait(20)
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(end)
    until(lambda: taking(server.url, 0.5), within=60)
    return server.url
