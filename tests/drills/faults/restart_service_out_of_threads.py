"""A service starts threads for requests, and they never end."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.drills.drill import Drill

BOUND = 100


class EndlessThreads(Drill):
    """The red herring is a service with many threads, and fewer than it may have."""

    signal = "SystemdUnitTasksNearLimit"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.shop = self.stage.shop("subject")
        return [self.shop.target({"service_threads_bound": str(BOUND), "health_path": "/"})]

    def open(self) -> None:
        self.stage.start("subject")

    def break_it(self) -> None:
        self._leak(BOUND)

    def revert(self) -> None:
        self._restart()

    def well(self) -> bool:
        return self.shop.answer() == 200 and self._threads() < BOUND

    def mislead(self) -> None:
        self._leak(BOUND // 2)

    def clear(self) -> None:
        self._restart()

    def _leak(self, threads: int) -> None:
        self.shop.says("leaks", f'{{"threads": {threads}}}')
        assert self.shop.answer(5) == 200
        self.shop.forgets("leaks")

    def _threads(self) -> int:
        return len(list(Path(f"/proc/{self.shop.pid()}/task").iterdir()))

    def _restart(self) -> None:
        self.stage.stop("subject")
        self.stage.start("subject")


DRILL = EndlessThreads
