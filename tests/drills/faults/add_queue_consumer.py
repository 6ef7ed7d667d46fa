"""More mails are sent than their only worker delivers, and the worker of the reports has nothing to do."""

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from tests.drills.drill import Drill
from tests.drills.grounds.workers import ShopWorker
from tests.waiting import until

SPARE, BOUND, EVERY = "reports@shop", 20, 0.1


class GrowingQueue(Drill):
    """The red herring is another queue, which is long because no one is in a hurry with it."""

    signal = "CeleryHighQueueLength"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.worker = ShopWorker(self.stage)
        self.over = threading.Event()
        self.stage.stack.callback(self.revert)
        labels = {"queues": "mail", "queue": "mail", "application": "application", "spare_worker": SPARE}
        return [
            self.worker.cache.target({**labels, "queue_length_bound": str(BOUND)}),
            {**self.worker.application("application"), "connection": self.worker.asked(2)},
            self.worker.target("mailer"),
            self.worker.other("reporter", SPARE, "reports", 4),
        ]

    def open(self) -> None:
        self.stage.start("mailer", "reporter")
        until(self.worker.takes, within=60)
        until(lambda: self.worker.takes("reports", SPARE), within=60)

    def break_it(self) -> None:
        self.over.clear()
        threading.Thread(target=self._send, daemon=True).start()
        until(lambda: self._waiting() > 2 * BOUND, within=60)

    def revert(self) -> None:
        self.over.set()
        self.worker.cache.client.delete("mail")

    def well(self) -> bool:
        return self._waiting() < BOUND

    def mislead(self) -> None:
        for _ in range(5 * BOUND):
            self.worker.app.send_task("shop.work", queue="statistics")

    def clear(self) -> None:
        self.worker.cache.client.delete("statistics")

    def _send(self) -> None:
        for _ in range(2 * BOUND):
            self.worker.app.send_task("shop.work", queue="mail")
        while not self.over.wait(EVERY):
            self.worker.app.send_task("shop.work", queue="mail")

    def _waiting(self) -> int:
        return int(self.worker.cache.client.llen("mail"))


DRILL = GrowingQueue
