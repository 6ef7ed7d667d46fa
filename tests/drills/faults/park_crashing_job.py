"""A job ends its agent each time that the agent takes it, its supervisor starts it again, and the other jobs wait."""

from collections.abc import Mapping, Sequence
from typing import Any

from celery import Celery

from grace_workers.governance import Role
from tests.drills.drill import Drill
from tests.drills.grounds.agents import Agent
from tests.drills.grounds.caches import ShopCache

KNOWN, UNKNOWN = "shop.mail", "shop.gone"
MANY = 40
PROGRAM = f"""
import json, os, sys, time
from redis import Redis
queue, name = Redis.from_url(sys.argv[1]), sys.argv[2]
while True:
    raw = queue.lindex(name, -1)
    if raw is None:
        time.sleep(0.02)
    elif json.loads(raw)["headers"]["task"] == {KNOWN!r}:
        queue.rpop(name)
    else:
        time.sleep(0.2)
        os.execv(sys.executable, [sys.executable, *sys.argv])
"""


class CrashingJob(Drill):
    """The red herring is the same job in a queue of others."""

    signal = "CodingAgentCrashing"
    subject = "agent"

    asks = Role.OPERATOR

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.cache = ShopCache(self.stage)
        self.app = self.stage.stack.enter_context(Celery("shop", broker=self.cache.server.url, set_as_current=False))
        self.agent = Agent(self.stage, self.cache, "agent", PROGRAM)
        labels = {"queues": "jobs", "queue": "jobs"}
        broker = {**self.cache.target(labels, parking={"tasks": [KNOWN]}), "name": "broker"}
        return [self.agent.target(broker="broker", queue="jobs"), broker]

    def open(self) -> None:
        self.stage.start("agent")

    def break_it(self) -> None:
        self._send(UNKNOWN)
        for _ in range(MANY):
            self._send(KNOWN)

    def revert(self) -> None:
        self.cache.client.delete("jobs")

    def well(self) -> bool:
        return self.agent.runs() and int(self.cache.client.llen("jobs")) < MANY // 3

    def mislead(self) -> None:
        self._send(UNKNOWN, "other")

    def clear(self) -> None:
        self.cache.client.delete("other")

    def _send(self, task: str, queue: str = "jobs") -> None:
        self.app.send_task(task, queue=queue)


DRILL = CrashingJob
