"""A client sends a task that no worker knows."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from celery import Celery

from grace_workers.governance import Role
from tests.drills.drill import Drill
from tests.drills.grounds.caches import ShopCache

KNOWN, UNKNOWN = "shop.mail", "shop.gone"


class PoisonMessages(Drill):
    """The red herring is many messages of a task that workers know."""

    signal = "QueueStuck"
    words = "a poison message"

    asks = Role.OPERATOR

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.cache = ShopCache(self.stage)
        self.app = self.stage.stack.enter_context(Celery("shop", broker=self.cache.server.url, set_as_current=False))
        labels = {"queues": "mail", "queue": "mail", "queue_length_bound": "1000"}
        return [self.cache.target(labels, parking={"tasks": [KNOWN]})]

    def break_it(self) -> None:
        self._send(KNOWN, 3)
        self._send(UNKNOWN, 2)

    def revert(self) -> None:
        self.cache.client.delete("mail")

    def well(self) -> bool:
        return UNKNOWN not in [json.loads(raw)["headers"]["task"] for raw in self.cache.client.lrange("mail", 0, -1)]

    def mislead(self) -> None:
        self._send(KNOWN, 30)

    def clear(self) -> None:
        self.cache.client.delete("mail")

    def _send(self, task: str, count: int) -> None:
        for _ in range(count):
            self.app.send_task(task, queue="mail")


DRILL = PoisonMessages
