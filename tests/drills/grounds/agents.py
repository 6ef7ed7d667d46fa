"""A small agent that takes jobs from a real queue, as a process that a target starts."""

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from tests.drills.drill import Drill
from tests.drills.grounds.caches import ShopCache
from tests.drills.stage import Stage
from tests.waiting import until

MANY = 300
"""How many jobs wait when an agent no longer takes them."""

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
    """One agent of the queue `jobs`, which runs `program`."""

    def __init__(self, stage: Stage, cache: ShopCache, name: str, program: str = PROGRAM) -> None:
        self.name = name
        self._pid_file = stage.folder / f"{name}.pid"
        script = stage.path(f"{name}.py", program)
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

    def kill(self) -> None:
        """End it at once, and return when it is gone."""
        self._signal(signal.SIGKILL)
        until(lambda: not self.runs(), within=20)

    def runs(self) -> bool:
        """Return whether its process is there and is not only waiting to be collected."""
        return runs(self._pid_file)

    def _signal(self, number: signal.Signals) -> None:
        os.kill(int(self._pid_file.read_text().splitlines()[0]), number)


class AgentAtWork(Drill):
    """An agent that takes the jobs of its queue as they come."""

    subject = "agent"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.cache = ShopCache(self.stage)
        self.agent = Agent(self.stage, self.cache, "agent")
        broker = {**self.cache.target({"queues": "jobs"}), "name": "broker"}
        return [self.agent.target(broker="broker", queue="jobs"), broker]

    def open(self) -> None:
        self.stage.start("agent")

    def well(self) -> bool:
        return int(self.cache.client.llen("jobs")) < MANY // 3

    def clear(self) -> None:
        self.cache.client.delete("other")

    def send(self, queue: str, count: int) -> None:
        """Let so many jobs wait in a queue."""
        self.cache.client.lpush(queue, *range(count))


def runs(pid_file: Path) -> bool:
    """Return whether the process that a pid file names is there and is not only waiting to be collected."""
    try:
        return psutil.Process(int(pid_file.read_text().splitlines()[0])).status() != psutil.STATUS_ZOMBIE
    except (OSError, IndexError, psutil.NoSuchProcess):
        return False
