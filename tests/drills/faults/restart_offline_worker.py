"""The only worker of a queue is killed."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.drills.drill import Drill
from tests.drills.grounds.workers import ShopWorker
from tests.waiting import until


class OfflineWorker(Drill):
    """The red herring is many messages in the queue of a worker that is there."""

    signal = "CeleryWorkerDown"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.worker = ShopWorker(self.stage)
        return [self.worker.application("subject", service="worker"), self.worker.target("worker")]

    def open(self) -> None:
        self.stage.start("worker")
        until(self.well, within=60)

    def break_it(self) -> None:
        self.worker.kill()

    def revert(self) -> None:
        self.open()

    def well(self) -> bool:
        return self.worker.takes()

    def mislead(self) -> None:
        for _ in range(30):
            self.worker.app.send_task("shop.repeat", [0.01], queue="idle")

    def clear(self) -> None:
        self.worker.cache.client.delete("idle")


DRILL = OfflineWorker
