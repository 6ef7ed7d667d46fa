"""A feature flag with buggy code is switched on, and the service fails."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tests.drills.drill import Drill


class BadFlag(Drill):
    """The red herring is a service that fails by itself while the flag is off."""

    signal = "ErrorBurst"
    words = "many errors in the log"
    subject = "shop"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.shop = self.stage.shop("shop")
        self.flags = self.stage.path("flags.json")
        self._switch("off")
        self.shop.says("flags", str(self.flags))
        (self.shop.folder / "shop.log").touch()
        shop = self.shop.target(error_log=str(self.shop.folder / "shop.log"))
        flags = {"name": "flags", "kind": "flags", "owner": "internal", "connection": {"file": str(self.flags)}}
        labels = {"service": "shop", "switchable": "new-checkout"}
        return [{**shop, "depends_on": ["flags"]}, {**flags, "labels": labels}]

    def open(self) -> None:
        self.stage.start("shop")

    def break_it(self) -> None:
        self._switch("on")
        for _ in range(8):
            self.shop.until_answers(500)

    def revert(self) -> None:
        self._switch("off")
        # Its errors of the last seconds would still be counted.
        (self.shop.folder / "shop.log").write_text("")

    def well(self) -> bool:
        return self.shop.answer() == 200

    def mislead(self) -> None:
        with (self.shop.folder / "shop.log").open("a") as log:
            log.write("2020-01-01 00:00:00 ERROR KeyError in flag new-checkout\n")

    def clear(self) -> None:
        (self.shop.folder / "shop.log").write_text("")

    def _switch(self, variant: str) -> None:
        flag = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": variant}
        self.flags.write_text(json.dumps({"flags": {"new-checkout": flag}}))


DRILL = BadFlag
