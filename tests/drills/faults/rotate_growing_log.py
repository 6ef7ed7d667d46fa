"""Nothing rotates the log of a service."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.drills.drill import Drill
from tests.drills.grounds.units import ShopUnit

LIMIT = 2 << 20
# Writes each line into the file that it opened last; SIGHUP lets it open its log again.
PROGRAM = """
import signal, sys, time
log = open(sys.argv[1], "a")
def again(*_):
    global log
    log = open(sys.argv[1], "a")
signal.signal(signal.SIGHUP, again)
while True:
    print("a line", file=log, flush=True)
    time.sleep(0.05)
"""


class GrowingLog(Drill):
    """The red herring is another file beside it that is as large and no log."""

    signal = "LogNotRotated"
    subject = "logs"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.log = self.stage.path("logs/shop.log")
        self.unit = ShopUnit(self.stage, PROGRAM, str(self.log))
        said = {"root": str(self.log.parent), "stash": str(self.stage.folder / "stash")}
        labels = {"logs": "*.log", "service": "unit", "largest_log": str(LIMIT), "largest_file_mib_bound": "2"}
        logs = {"name": "logs", "kind": "files", "owner": "internal", "connection": said, "labels": labels}
        return [logs, self.unit.target("unit")]

    def break_it(self) -> None:
        with self.log.open("a") as log:
            log.write("x" * LIMIT)

    def revert(self) -> None:
        self.log.write_text("")

    def well(self) -> bool:
        """Whether the log is small, and the service writes into it."""
        return self.log.exists() and self.log.stat().st_size < LIMIT and self.unit.writes_to(self.log)

    def mislead(self) -> None:
        (self.log.parent / "dump.bin").write_bytes(b"x" * LIMIT)

    def clear(self) -> None:
        (self.log.parent / "dump.bin").unlink()


DRILL = GrowingLog
