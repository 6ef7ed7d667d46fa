"""A service keeps memory of each request."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.drills.drill import Drill

BOUND = 200


class LeakingService(Drill):
    """The red herring is a service that needs much memory, and less than it may."""

    signal = "HighMemoryUsage"
    words = "memory leak"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.shop = self.stage.shop("subject")
        return [self.shop.target({"service_memory_mib_bound": str(BOUND), "health_path": "/"})]

    def open(self) -> None:
        self.stage.start("subject")

    def break_it(self) -> None:
        self._leak(50)
        while self._mebibytes() < BOUND:
            self.shop.answer(5)
        self.shop.forgets("leaks")

    def revert(self) -> None:
        self._restart()

    def well(self) -> bool:
        return self.shop.answer() == 200 and self._mebibytes() < BOUND

    def mislead(self) -> None:
        self._leak(BOUND // 2)
        self.shop.answer(5)
        self.shop.forgets("leaks")

    def clear(self) -> None:
        self._restart()

    def _leak(self, mebibytes: int) -> None:
        self.shop.says("leaks", f'{{"mib": {mebibytes}}}')

    def _mebibytes(self) -> int:
        return int(Path(f"/proc/{self.shop.pid()}/statm").read_text().split()[1]) * 4096 >> 20

    def _restart(self) -> None:
        self.stage.stop("subject")
        self.stage.start("subject")


DRILL = LeakingService
