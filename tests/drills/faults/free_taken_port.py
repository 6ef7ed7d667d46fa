"""An earlier instance of a service has survived it, and holds its port."""

import os
import pwd
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from grace_workers.adapters.embedded.place import free_port
from grace_workers.governance import Role
from tests.drills.drill import Drill
from tests.drills.stage import end
from tests.waiting import until


class TakenPort(Drill):
    """The red herring is another process of the program, which listens on another port."""

    subject = "shop"
    signal = "ERROR shop.web"
    words = "OSError: [Errno 98] Address already in use"
    asks = Role.OPERATOR

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.shop = self.stage.shop("shop")
        # The name of a program is that of the path by which it was started.
        self.program = self.stage.short_folder() / f"shop{os.getpid()}"
        self.program.symlink_to(Path(sys.executable).resolve())
        self.left = self.stage.path("left/status", "503").parent
        may_end = {"names": [self.program.name], "users": [pwd.getpwuid(os.getuid()).pw_name]}
        host = {"name": "machine", "kind": "host", "owner": "internal", "connection": {"may_end": may_end}}
        labels = {"host": "machine", "program": self.program.name, "port": str(self.shop.port)}
        return [self.shop.target(labels), host]

    def open(self) -> None:
        self.stage.start("shop")
        until(self.well, within=20)

    def break_it(self) -> None:
        self.shop.kill()
        self.stray = self._start(self.shop.port)
        until(lambda: self.shop.answer() == 503, within=20)

    def revert(self) -> None:
        end(self.stray)
        self.open()

    def well(self) -> bool:
        return self.shop.answer() == 200

    def mislead(self) -> None:
        self.other = self._start(free_port())

    def clear(self) -> None:
        assert self.other.poll() is None
        end(self.other)

    def _start(self, port: int) -> Any:
        script = str(self.stage.folder / "shop.py")
        return self.stage.run(str(self.program), "-S", "-E", script, str(port), str(self.left))


DRILL = TakenPort
