"""A process starts others and never collects them."""

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

BOUND = 20
FORK = """
import os, time
for _ in range(%d):
    if os.fork() == 0:
        os._exit(0)
time.sleep(600)
"""


class ZombieParent(Drill):
    """The red herring is a process that has left a few."""

    signal = "ZombieProcesses"

    asks = Role.OPERATOR

    def targets(self) -> Sequence[Mapping[str, Any]]:
        # The name of a program is that of the path by which it was started.
        self.program = self.stage.short_folder() / f"dead{os.getpid()}"
        self.program.symlink_to(Path(sys.executable).resolve())
        may_end = {"names": [self.program.name], "users": [pwd.getpwuid(os.getuid()).pw_name]}
        labels = {"collects_children": self.program.name, "uncollected_children_bound": "20"}
        connection = {"may_end": may_end}
        return [{"name": "subject", "kind": "host", "owner": "internal", "connection": connection, "labels": labels}]

    def break_it(self) -> None:
        self.parent = self._start(40)
        until(lambda: not self.well(), within=20)

    def revert(self) -> None:
        self.parent.kill()
        self.parent.wait(20)

    def well(self) -> bool:
        zombies = [one for one in psutil.process_iter(["ppid", "status"]) if one.info["status"] == psutil.STATUS_ZOMBIE]
        parents = [one.info["ppid"] for one in zombies]
        return all(parents.count(one) < BOUND for one in set(parents) if _is_named(one, self.program.name))

    def mislead(self) -> None:
        self.careless = self._start(2)

    def clear(self) -> None:
        self.careless.kill()
        self.careless.wait(20)

    def _start(self, children: int) -> Any:
        return self.stage.run(str(self.program), "-S", "-E", "-c", FORK % children)


def _is_named(pid: int, name: str) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).name() == name


DRILL = ZombieParent
