"""Someone tells the only worker of a queue to take no more from it."""

from collections.abc import Mapping, Sequence
from typing import Any

from celery import Celery

from tests.drills.drill import Drill
from tests.foreign_celery import WORKER, foreign_broker, taking
from tests.waiting import until


class PausedQueue(Drill):
    """The red herring is another queue that is paused."""

    signal = "QueuePaused"
    words = "the queue is paused"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.broker = foreign_broker()
        self.app = self.stage.stack.enter_context(Celery("asking", broker=self.broker, set_as_current=False))
        said = {"broker": self.broker, "patience": "PT6S", "workers": 1}
        labels = {"queues": "mail", "queue": "mail", "worker": WORKER}
        return [{"name": "subject", "kind": "celery", "owner": "internal", "connection": said, "labels": labels}]

    def break_it(self) -> None:
        self._pause("mail")

    def revert(self) -> None:
        self._resume("mail")

    def well(self) -> bool:
        return "mail" in taking(self.broker)

    def mislead(self) -> None:
        self._pause("other")

    def clear(self) -> None:
        self._resume("other")

    def _pause(self, queue: str) -> None:
        self.app.control.cancel_consumer(queue, destination=[WORKER], reply=True, timeout=20)
        until(lambda: queue not in taking(self.broker), within=20)

    def _resume(self, queue: str) -> None:
        self.app.control.add_consumer(queue, destination=[WORKER], reply=True, timeout=20)
        until(lambda: queue in taking(self.broker), within=20)


DRILL = PausedQueue
