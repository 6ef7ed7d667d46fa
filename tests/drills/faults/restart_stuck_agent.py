"""An agent hangs, and its jobs wait."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.drills.drill import Drill
from tests.drills.grounds.agents import Agent
from tests.drills.grounds.caches import ShopCache
from tests.waiting import until

MANY = 300


class StuckAgent(Drill):
    """The red herring is a few jobs that wait beside a queue that is taken from."""

    signal = "CodingAgentStuck"
    subject = "agent"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.cache = ShopCache(self.stage)
        self.agent = Agent(self.stage, self.cache, "agent")
        broker = {**self.cache.target({"queues": "jobs"}), "name": "broker"}
        return [self.agent.target(broker="broker", queue="jobs"), broker]

    def open(self) -> None:
        self.stage.start("agent")

    def break_it(self) -> None:
        self.agent.stop()
        for number in range(MANY):
            self.cache.client.lpush("jobs", number)

    def revert(self) -> None:
        self.agent.go_on()
        until(self.well, within=20)

    def well(self) -> bool:
        return int(self.cache.client.llen("jobs")) < MANY // 3

    def mislead(self) -> None:
        for number in range(20):
            self.cache.client.lpush("other", number)

    def clear(self) -> None:
        self.cache.client.delete("other")


DRILL = StuckAgent
