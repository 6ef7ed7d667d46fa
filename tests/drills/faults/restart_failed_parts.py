"""One of three instances of a service is killed."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.drills.drill import Drill
from tests.systemd import user_systemd
from tests.waiting import until

UNIT = "[Service]\nExecStart=/bin/sleep 600\n"
PARTS = ("part@a.service", "part@b.service", "part@c.service")


class FailedPart(Drill):
    """The red herring is a part that was restarted a moment ago."""

    signal = "ServicePartFailed"
    cause = "part_failed"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.manager = self.stage.stack.enter_context(user_systemd())
        self.manager.write("shop.service", UNIT)
        self.manager.write("part@.service", UNIT)
        self.manager.ctl("start", "shop.service", *PARTS)
        said = {"unit": "shop.service", "manager": "user", "runtime_dir": str(self.manager.runtime_dir)}
        connection = {**said, "instances_of": "part@"}
        return [{"name": "subject", "kind": "systemd", "owner": "internal", "connection": connection}]

    def break_it(self) -> None:
        self.manager.ctl("kill", "--signal=SIGKILL", PARTS[1])
        until(lambda: not self.well(), within=20)

    def revert(self) -> None:
        self.manager.ctl("reset-failed")
        self.manager.ctl("start", PARTS[1])

    def well(self) -> bool:
        states = self.manager.ctl("show", "--property=ActiveState", *PARTS).split()
        return states == ["ActiveState=active"] * len(PARTS)

    def mislead(self) -> None:
        self.manager.ctl("restart", PARTS[0])

    def clear(self) -> None:
        """Nothing is left of it."""


DRILL = FailedPart
