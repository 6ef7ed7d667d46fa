"""Both agents hang, as if each waited for the other."""

from collections.abc import Mapping, Sequence
from typing import Any

from grace_workers.governance import Role
from tests.drills.drill import Drill
from tests.drills.grounds.agents import MANY, Agent
from tests.drills.grounds.caches import ShopCache
from tests.waiting import until


class DeadlockedAgents(Drill):
    """The red herring is one agent that hangs while the other works."""

    signal = "AgentsDeadlocked"
    asks = Role.OPERATOR
    subject = "broker"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.cache = ShopCache(self.stage)
        self.agents = [Agent(self.stage, self.cache, name) for name in ("coding", "healing")]
        labels = {"queues": "jobs", "queue": "jobs", "coding": "coding", "healing": "healing", "grace_period": "200ms"}
        broker = {**self.cache.target(labels), "name": "broker"}
        return [broker, *(one.target() for one in self.agents)]

    def open(self) -> None:
        self.stage.start("coding", "healing")

    def break_it(self) -> None:
        for one in self.agents:
            one.stop()
        self._send(MANY)

    def revert(self) -> None:
        for one in self.agents:
            one.go_on()
        until(self.well, within=20)

    def well(self) -> bool:
        return int(self.cache.client.llen("jobs")) < MANY // 3

    def mislead(self) -> None:
        self.agents[0].stop()
        self._send(50)

    def clear(self) -> None:
        self.agents[0].go_on()

    def _send(self, count: int) -> None:
        for number in range(count):
            self.cache.client.lpush("jobs", number)


DRILL = DeadlockedAgents
