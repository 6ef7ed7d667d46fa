"""A real Celery worker of someone's application, as a process that a target starts."""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from celery import Celery

from tests.drills.grounds.caches import ShopCache
from tests.drills.stage import Stage
from tests.waiting import until

WORKER = "drilled@shop"
APPLICATION = """
import os, time
from celery import Celery
app = Celery("shop", broker=os.environ["SHOP_BROKER"])

@app.task(name="shop.repeat")
def repeat(every):
    with open(os.environ["SHOP_LOG"], "a") as log:
        log.write(time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime()) + " ERROR job 12 failed\\n")
    time.sleep(every)
    app.send_task("shop.repeat", [every], queue="mail")

@app.task(name="shop.work")
def work():
    time.sleep(0.2)
"""
OPTIONS = ["--pool=threads", "--without-gossip", "--without-mingle"]


class ShopWorker:
    """The only worker of the queue `mail`, and others of other queues where a drill declares them."""

    def __init__(self, stage: Stage) -> None:
        self.cache = ShopCache(stage)
        self.app = stage.stack.enter_context(Celery("asking", broker=self.cache.server.url, set_as_current=False))
        self.log = stage.path("errors.log", "")
        self._pid_file = stage.folder / "worker.pid"
        self._folder = stage.path("drilled_shop.py", APPLICATION).parent

    def target(self, name: str) -> dict[str, Any]:
        """Return the target that starts it."""
        return self._started(name, WORKER, "mail", 1, self._pid_file)

    def other(self, name: str, worker: str, queue: str, at_once: int) -> dict[str, Any]:
        """Return the target that starts a worker of another queue."""
        return self._started(name, worker, queue, at_once, self._pid_file.with_name(f"{name}.pid"))

    def _started(self, name: str, worker: str, queue: str, at_once: int, pid_file: Path) -> dict[str, Any]:
        which = [f"--hostname={worker}", f"--queues={queue}", f"--concurrency={at_once}"]
        said = {
            "command": [sys.executable, "-m", "celery", "--app=drilled_shop", "worker", *OPTIONS, *which],
            "cwd": str(self._folder),
            "env": {"SHOP_BROKER": self.cache.server.url, "SHOP_LOG": str(self.log)},
            "pid_file": str(pid_file),
            "error_log": str(self.log),
        }
        return {"name": name, "kind": "process", "owner": "internal", "connection": said}

    def application(self, name: str, **labels: str) -> dict[str, Any]:
        """Return the target of the application, which asks its workers."""
        shop = {"name": name, "kind": "celery", "owner": "internal", "connection": self.asked(1)}
        return {**shop, "labels": {"queues": "mail", "queue": "mail", **labels}}

    def asked(self, workers: int) -> dict[str, Any]:
        """Return the connection by which that many workers are asked."""
        return {"broker": self.cache.server.url, "patience": "PT4S", "workers": workers}

    def takes(self, queue: str = "mail", worker: str = WORKER) -> bool:
        """Return whether a worker takes from a queue, as it says itself."""
        found = self.app.control.inspect(destination=[worker], timeout=2).active_queues() or {}
        return queue in [one["name"] for one in found.get(worker, ())]

    def kill(self) -> None:
        """Kill it and wait until it answers no more."""
        os.kill(int(self._pid_file.read_text().splitlines()[0]), signal.SIGKILL)
        until(lambda: not self.takes(), within=20)
