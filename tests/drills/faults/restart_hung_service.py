"""A process stops in the middle of everything, and still runs."""

import os
import signal
from collections.abc import Mapping, Sequence
from typing import Any

from tests.drills.drill import Drill
from tests.waiting import until


class HungService(Drill):
    """The red herring is a service that takes its time and answers."""

    signal = "TargetDown"
    words = "subject is down"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.shop = self.stage.shop("subject")
        return [self.shop.target({"health_path": "/", "grace_period": "200ms"})]

    def open(self) -> None:
        self.stage.start("subject")

    def break_it(self) -> None:
        os.kill(self.shop.pid(), signal.SIGSTOP)
        until(lambda: not self.well(), within=20)

    def revert(self) -> None:
        os.kill(self.shop.pid(), signal.SIGCONT)
        self.shop.until_answers()

    def well(self) -> bool:
        return self.shop.answer() == 200

    def mislead(self) -> None:
        self.shop.says("delay", "0.3")

    def clear(self) -> None:
        self.shop.forgets("delay")


DRILL = HungService
