"""A program takes so much memory that the machine has too little left for all others."""

import os
import pwd
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from grace_workers.governance import Role
from tests.drills.drill import Drill
from tests.drills.stage import end
from tests.waiting import until

HOG, ROOM = 0.08, 0.04
HOLD = "import time; kept = b'x' * (%d << 20); time.sleep(600)"


class MemoryHog(Drill):
    """The red herring is the same program with little memory. What is too full is set from what the machine has now."""

    signal = "HostOutOfMemory"
    asks = Role.OPERATOR

    @classmethod
    def missing(cls) -> str:
        return "" if _used() < 0.8 else "the machine has too little memory left for a program that takes much"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.program = self.stage.short_folder() / f"hog{os.getpid()}"
        self.program.symlink_to(Path(sys.executable).resolve())
        self.bound = round(_used() + ROOM, 3)
        self.much = int(psutil.virtual_memory().total * HOG) >> 20
        may_end = {"names": [self.program.name], "users": [pwd.getpwuid(os.getuid()).pw_name]}
        labels = {
            "memory_hog": self.program.name,
            "memory_hog_mib": str(self.much // 2),
            "host_memory_ratio_bound": str(self.bound),
        }
        said = {"may_end": may_end}
        return [{"name": "subject", "kind": "host", "owner": "internal", "connection": said, "labels": labels}]

    def break_it(self) -> None:
        self.hog = self._start(self.much)
        until(lambda: not self.well(), within=30)

    def revert(self) -> None:
        end(self.hog)
        until(self.well, within=20)

    def well(self) -> bool:
        return _used() < self.bound

    def mislead(self) -> None:
        self.small = self._start(1)

    def clear(self) -> None:
        end(self.small)

    def _start(self, mebibytes: int) -> Any:
        return self.stage.run(str(self.program), "-S", "-E", "-c", HOLD % mebibytes)


def _used() -> float:
    lines = Path("/proc/meminfo").read_text().splitlines()
    found = {name: int(value.split()[0]) for name, _, value in (line.partition(":") for line in lines)}
    return 1 - found["MemAvailable"] / found["MemTotal"]


DRILL = MemoryHog
