"""Someone sets a logger to DEBUG, and it writes far more than anyone reads."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.drills.drill import Drill
from tests.waiting import until

ROOT = Path(__file__).parents[3]
PROGRAM = """
import logging, pathlib, sys, time
sys.path.insert(0, sys.argv[2])
from grace_workers import LevelControl
folder = pathlib.Path(sys.argv[1])
logging.basicConfig(level=logging.WARNING, filename=folder / "shop.log")
LevelControl(folder / "levels.json").start()
while True:
    logging.getLogger("shop").debug("looked")
    (folder / ".level").write_text(str(logging.getLogger("shop").getEffectiveLevel()))
    (folder / ".level").rename(folder / "level")
    time.sleep(0.02)
"""


class LogFlood(Drill):
    """The red herring is another logger of the process that is at DEBUG."""

    signal = "LogFlood"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.control = self.stage.folder / "levels.json"
        script = self.stage.path("shop.py", PROGRAM)
        self.stage.run(sys.executable, str(script), str(self.stage.folder), str(ROOT))
        until(self.well, within=60)
        said = {"control_file": str(self.control), "patience": "PT10S"}
        labels = {"logger": "shop"}
        return [{"name": "subject", "kind": "logging", "owner": "internal", "connection": said, "labels": labels}]

    def break_it(self) -> None:
        self._set(shop="DEBUG")
        until(lambda: not self.well(), within=20)

    def revert(self) -> None:
        self._set()
        until(self.well, within=20)

    def well(self) -> bool:
        level = self.stage.folder / "level"
        return level.exists() and level.read_text() != "10"

    def mislead(self) -> None:
        self._set(other="DEBUG")

    def clear(self) -> None:
        self._set()

    def _set(self, **levels: str) -> None:
        self.control.write_text(json.dumps({"nonce": "by hand", "levels": levels, "watch": []}))


DRILL = LogFlood
