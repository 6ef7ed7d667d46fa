"""An agent is killed, and its jobs wait."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.drills.drill import Drill
from tests.drills.grounds.agents import Agent
from tests.drills.grounds.caches import ShopCache
from tests.waiting import until

MANY = 300


class CrashedAgent(Drill):
    """The red herring is jobs of a queue that no agent takes from."""

    signal = "CodingAgentDown"
    subject = "agent"
    rivals = frozenset({"restart_dead_service"})

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.cache = ShopCache(self.stage)
        self.agent = Agent(self.stage, self.cache, "agent")
        broker = {**self.cache.target({"queues": "jobs"}), "name": "broker"}
        return [self.agent.target(broker="broker", queue="jobs"), broker]

    def open(self) -> None:
        self.stage.start("agent")

    def break_it(self) -> None:
        self.agent.kill()
        self._send("jobs")

    def revert(self) -> None:
        self.stage.start("agent")
        until(self.well, within=20)

    def well(self) -> bool:
        return self.agent.runs() and int(self.cache.client.llen("jobs")) < MANY // 3

    def mislead(self) -> None:
        self._send("other")

    def clear(self) -> None:
        self.cache.client.delete("other")

    def _send(self, queue: str) -> None:
        self.cache.client.lpush(queue, *range(MANY))


DRILL = CrashedAgent
