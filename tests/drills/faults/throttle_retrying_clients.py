"""A client repeats a request without a pause, so the service is too busy to answer anyone."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from tests.drills.drill import Drill
from tests.drills.grounds.retries import CLIENT, SERVICE
from tests.drills.stage import end
from tests.waiting import until

THROTTLE = {
    "changes": "turns clients away that repeat their requests",
    "run": {"method": "PUT", "path": "/admin/throttle", "body": {"on": True}},
    "look": {"path": "/admin/throttle", "at": ["on"], "equals": True},
    "undo": {"method": "PUT", "path": "/admin/throttle", "body": {"on": False}},
}


class RetryingClient(Drill):
    """The red herring is a client that repeats its request and waits before it does."""

    subject = "shop"
    signal = "RetryStorm"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.shop = self.stage.shop("shop")
        script = self.stage.path("retried.py", SERVICE)
        self.client = self.stage.path("client.py", CLIENT)
        command = [sys.executable, "-S", "-E", str(script), str(self.shop.port)]
        said = {"url": f"http://127.0.0.1:{self.shop.port}", "commands": {"throttle": THROTTLE}}
        admin = {"name": "admin", "kind": "http_admin", "owner": "internal", "connection": said}
        return [self.shop.target({"admin": "admin"}, command=command), admin]

    def open(self) -> None:
        self.stage.start("shop")
        until(self.well, within=20)

    def break_it(self) -> None:
        self.storm = self._repeat(every=0.002)
        until(lambda: not self.well(), within=20)

    def revert(self) -> None:
        end(self.storm)
        until(self.well, within=20)

    def well(self) -> bool:
        return self.shop.answer() == 200

    def mislead(self) -> None:
        self.patient = self._repeat(every=1.0)

    def clear(self) -> None:
        end(self.patient)

    def _repeat(self, every: float) -> Any:
        return self.stage.run(sys.executable, "-S", "-E", str(self.client), str(self.shop.port), str(every))


DRILL = RetryingClient
