"""A process takes memory and does not give it back."""

import os
import pwd
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from grace_workers.governance import Role
from tests.drills.drill import Drill
from tests.waiting import until

BOUND = 100
HOLD = "import time; kept = b'x' * (%d << 20); time.sleep(600)"


class LeakingProcess(Drill):
    """The red herring is a process of the name with little memory."""

    signal = "ProcessLeaking"

    asks = Role.OPERATOR

    def targets(self) -> Sequence[Mapping[str, Any]]:
        # The name of a program is that of the path by which it was started.
        self.program = self.stage.short_folder() / f"leak{os.getpid()}"
        self.program.symlink_to(Path(sys.executable).resolve())
        may_end = {"names": [self.program.name], "users": [pwd.getpwuid(os.getuid()).pw_name]}
        labels = {"memory_limited": self.program.name, "process_memory_mib_bound": "100"}
        connection = {"may_end": may_end}
        return [{"name": "subject", "kind": "host", "owner": "internal", "connection": connection, "labels": labels}]

    def break_it(self) -> None:
        self.leaking = self._start(150)
        until(lambda: not self.well(), within=20)

    def revert(self) -> None:
        self.leaking.kill()
        self.leaking.wait(20)

    def well(self) -> bool:
        sizes = [
            one.info["memory_info"].rss >> 20
            for one in psutil.process_iter(["name", "memory_info"])
            if one.info["name"] == self.program.name and one.info["memory_info"]
        ]
        return all(size < BOUND for size in sizes)

    def mislead(self) -> None:
        self.small = self._start(1)

    def clear(self) -> None:
        self.small.kill()
        self.small.wait(20)

    def _start(self, mebibytes: int) -> Any:
        return self.stage.run(str(self.program), "-S", "-E", "-c", HOLD % mebibytes)


DRILL = LeakingProcess
