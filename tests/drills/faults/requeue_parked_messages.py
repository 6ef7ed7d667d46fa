"""Messages were parked, and workers have learnt their task since."""

from collections.abc import Mapping, Sequence
from typing import Any

from celery import Celery

from grace_workers.governance import Role
from tests.drills.drill import Drill
from tests.drills.grounds.caches import ShopCache

KNOWN, UNKNOWN = "shop.mail", "shop.gone"

PLACE = "grace.parked.mail"


class ParkedMessages(Drill):
    """The red herring is parked messages of a task that workers still do not know."""

    signal = "MessagesLeftParked"

    asks = Role.OPERATOR

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.cache = ShopCache(self.stage)
        self.app = self.stage.stack.enter_context(Celery("shop", broker=self.cache.server.url, set_as_current=False))
        labels = {"queues": "mail", "queue": "mail", "queue_length_bound": "1000"}
        return [self.cache.target(labels, parking={"tasks": [KNOWN]})]

    def break_it(self) -> None:
        self._park(KNOWN)

    def revert(self) -> None:
        self.cache.client.delete(PLACE)

    def well(self) -> bool:
        return KNOWN.encode() not in b"".join(self.cache.client.lrange(PLACE, 0, -1))

    def mislead(self) -> None:
        self._park(UNKNOWN)

    def clear(self) -> None:
        self.cache.client.delete(PLACE)

    def _park(self, task: str) -> None:
        self.app.send_task(task, queue="mail")
        self.cache.client.lmove("mail", PLACE, "RIGHT", "LEFT")


DRILL = ParkedMessages
