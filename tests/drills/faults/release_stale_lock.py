"""A program dies and leaves its lock, so that the next one does not start."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from tests.drills.drill import Drill
from tests.sight import need_every_process

# Starts only where there is no lock, as careful programs do.
PROGRAM = "import os, sys; os.close(os.open(sys.argv[1], os.O_CREAT | os.O_EXCL))"


class StaleLock(Drill):
    """The red herring is the lock of a process that runs."""

    signal = "StaleLock"
    quick = True

    def targets(self) -> Sequence[Mapping[str, Any]]:
        need_every_process()
        self.lock = self.stage.path("run/backup.lock")
        said = {"root": str(self.lock.parent), "stash": str(self.stage.folder / "stash")}
        labels = {"locks": "*.lock"}
        return [{"name": "subject", "kind": "files", "owner": "internal", "connection": said, "labels": labels}]

    def break_it(self) -> None:
        owner = subprocess.Popen([sys.executable, "-S", "-E", "-c", ""])
        self.lock.write_text(f"{owner.pid}\n")
        owner.wait(20)

    def revert(self) -> None:
        self.lock.unlink()

    def well(self) -> bool:
        if self.lock.exists() and self.lock.read_text() == str(os.getpid()):
            return True
        started = subprocess.run(
            [sys.executable, "-S", "-E", "-c", PROGRAM, str(self.lock)], check=False, stderr=subprocess.DEVNULL
        )
        if started.returncode == 0:
            self.lock.unlink()
        return started.returncode == 0

    def mislead(self) -> None:
        self.lock.write_text(str(os.getpid()))

    def clear(self) -> None:
        self.lock.unlink()


DRILL = StaleLock
