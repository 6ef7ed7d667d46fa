"""A unit of a service manager fails."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.drills.drill import Drill
from tests.systemd import user_systemd
from tests.waiting import until

UNIT = "[Service]\nExecStart=/bin/sleep 600\n"


class FailedUnit(Drill):
    """The red herring is another unit that has failed."""

    signal = "NodeSystemdServiceFailed"
    playbook = "restart_dead_service"
    cause = "unit_failed"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.manager = self.stage.stack.enter_context(user_systemd())
        for name in ("shop.service", "other.service"):
            self.manager.write(name, UNIT)
            self.manager.ctl("start", name)
        said = {"unit": "shop.service", "manager": "user", "runtime_dir": str(self.manager.runtime_dir)}
        return [{"name": "subject", "kind": "systemd", "owner": "internal", "connection": said}]

    def break_it(self) -> None:
        self._fail("shop.service")

    def _fail(self, unit: str) -> None:
        self.manager.ctl("kill", "--signal=SIGKILL", unit)
        until(lambda: self._state(unit) == "failed", within=20)

    def _state(self, unit: str) -> str:
        return self.manager.ctl("show", "--property=ActiveState", "--value", unit).strip()

    def revert(self) -> None:
        self.manager.ctl("reset-failed")
        self.manager.ctl("start", "shop.service")

    def well(self) -> bool:
        return self._state("shop.service") == "active"

    def mislead(self) -> None:
        self._fail("other.service")

    def clear(self) -> None:
        self.manager.ctl("reset-failed")
        self.manager.ctl("start", "other.service")


DRILL = FailedUnit
