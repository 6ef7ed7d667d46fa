"""A service's process is killed."""

import os
import signal
from collections.abc import Mapping, Sequence
from typing import Any

from tests.drills.drill import Drill
from tests.waiting import until


class DeadService(Drill):
    """Killed from outside; the red herring is a service that is slow and alive."""

    signal = "TargetDown"
    words = "subject is down"
    cause = "process_down"
    quick = True

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.shop = self.stage.shop("subject")
        return [self.shop.target({"health_path": "/"})]

    def open(self) -> None:
        self.stage.start("subject")

    def break_it(self) -> None:
        os.kill(self.shop.pid(), signal.SIGKILL)
        until(lambda: not self.well(), within=20)

    def revert(self) -> None:
        self.stage.start("subject")

    def well(self) -> bool:
        return self.shop.answer() == 200

    def mislead(self) -> None:
        self.shop.says("delay", "0.3")

    def clear(self) -> None:
        self.shop.forgets("delay")


DRILL = DeadService
