"""A job fails, and its worker puts it back into its queue each time."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.drills.drill import Drill
from tests.drills.grounds.workers import WORKER, ShopWorker
from tests.waiting import until


class LoopingAgent(Drill):
    """The red herring is errors of last year in the log."""

    signal = "AgentLooping"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.worker = ShopWorker(self.stage)
        return [
            {**self.worker.application("subject", service="worker"), "depends_on": ["worker"]},
            self.worker.target("worker"),
        ]

    def open(self) -> None:
        self.stage.start("worker")
        until(self.worker.takes, within=60)

    def break_it(self) -> None:
        self.worker.app.control.add_consumer("mail", destination=[WORKER], reply=True, timeout=20)
        self.worker.app.send_task("shop.repeat", [0.2], queue="mail")
        until(lambda: self._errors() > 10, within=30)

    def revert(self) -> None:
        self.worker.app.control.cancel_consumer("mail", destination=[WORKER], reply=True, timeout=20)
        until(self.well, within=20)
        self.worker.cache.client.delete("mail")
        self.worker.log.write_text("")

    def well(self) -> bool:
        before = self._errors()
        return not _until_more(self._errors, before)

    def mislead(self) -> None:
        self.worker.log.write_text("2020-01-01 00:00:00 ERROR job 7 failed\n" * 30)

    def clear(self) -> None:
        self.worker.log.write_text("")

    def _errors(self) -> int:
        return self.worker.log.read_text().count("job 12")


def _until_more(count: Any, before: int) -> bool:
    """Return whether the count grows within two seconds."""
    try:
        until(lambda: count() > before, within=2)
    except AssertionError:
        return False
    return True


DRILL = LoopingAgent
