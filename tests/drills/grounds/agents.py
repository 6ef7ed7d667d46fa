"""A small agent that takes jobs from a real queue, as a process that a target starts."""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from tests.drills.grounds.caches import ShopCache
from tests.drills.stage import Stage

ROOT = Path(__file__).parents[3]
PROGRAM = """
import sys
from redis import Redis
from redis.exceptions import RedisError
queue = Redis.from_url(sys.argv[1])
while True:
    try:
        queue.brpop(sys.argv[2], timeout=1)
    except RedisError:
        pass
"""


class Agent:
    """One agent of the queue `jobs`."""

    def __init__(self, stage: Stage, cache: ShopCache, name: str) -> None:
        self.name = name
        self._pid_file = stage.folder / f"{name}.pid"
        script = stage.path(f"{name}.py", PROGRAM)
        self._command = [sys.executable, str(script), cache.server.url, "jobs"]

    def target(self, **labels: str) -> dict[str, Any]:
        """Return its target."""
        said = {"command": self._command, "pid_file": str(self._pid_file)}
        kind = {"name": self.name, "kind": "process", "owner": "internal", "connection": said}
        return {**kind, "labels": {"grace_period": "200ms", **labels}, "depends_on": ["broker"]}

    def stop(self) -> None:
        """Let it hang in the middle of whatever it does."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        os.kill(int(self._pid_file.read_text().splitlines()[0]), number)
