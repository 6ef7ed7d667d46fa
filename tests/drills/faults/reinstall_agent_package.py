"""A file of a package that an agent imports is overwritten, and the agent ends when it starts."""

import os
import shutil
import signal
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from grace_workers.governance import Role
from tests.drills.drill import Drill
from tests.drills.grounds.agents import runs
from tests.waiting import until
from tests.wheels import environment, wheel

PROGRAM = "import shop, time\nwhile True:\n    time.sleep(0.1)\n"


class DamagedAgent(Drill):
    """The red herring is a broken file beside the package that belongs to none."""

    signal = "CodingAgentDamaged"
    asks = Role.OPERATOR
    subject = "agent"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.wheels, self.pid_file = self.stage.folder / "wheels", self.stage.folder / "agent.pid"
        self.wheels.mkdir()
        self.wheel = wheel(self.wheels, "shop", "1.0")
        interpreter = environment(self.stage.folder / "venv")
        (self.site,) = (self.stage.folder / "venv").glob("lib/python3*/site-packages")
        self._unpack()
        command = [str(interpreter), str(self.stage.path("agent.py", PROGRAM))]
        said = {"command": command, "pid_file": str(self.pid_file)}
        labels = {"environment": "environment", "package": "shop", "grace_period": "200ms"}
        agent = {"name": "agent", "kind": "process", "owner": "internal", "connection": said, "labels": labels}
        packages = {"interpreter": str(interpreter), "wheels": str(self.wheels), "packages": ["shop"]}
        place = {"name": "environment", "kind": "python", "owner": "internal", "connection": packages}
        return [{**agent, "depends_on": ["environment"]}, {**place, "labels": {"packages": "shop"}}]

    def open(self) -> None:
        self.stage.start("agent")

    def break_it(self) -> None:
        (self.site / "shop.py").write_text("broken(")
        os.kill(int(self.pid_file.read_text().splitlines()[0]), signal.SIGKILL)
        until(lambda: not runs(self.pid_file), within=20)

    def revert(self) -> None:
        self._unpack()
        self.stage.start("agent")

    def well(self) -> bool:
        return runs(self.pid_file) and "VERSION" in (self.site / "shop.py").read_text()

    def mislead(self) -> None:
        (self.site / "stray.py").write_text("broken(")

    def clear(self) -> None:
        (self.site / "stray.py").unlink()

    def _unpack(self) -> None:
        for left in self.site.glob("shop-*.dist-info"):
            shutil.rmtree(left)
        with zipfile.ZipFile(self.wheel) as archive:
            archive.extractall(self.site)


DRILL = DamagedAgent
