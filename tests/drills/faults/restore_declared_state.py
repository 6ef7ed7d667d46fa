"""Something removes what a command has set up."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.drills.drill import Drill


class LostState(Drill):
    """The red herring is a line somewhere that says so."""

    signal = "DeclaredStateLost"
    quick = True

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.route = self.stage.path("route", "there")
        self.other = self.stage.path("other", "there")
        command = {
            "changes": "sets the route",
            "run": ["/bin/cp", str(self.other), str(self.route)],
            "look": ["/usr/bin/test", "-e", str(self.route)],
            "undo": ["/bin/rm", "-f", str(self.route)],
        }
        said = {"commands": {"route": command}}
        labels = {"must_hold": "route"}
        return [{"name": "subject", "kind": "command", "owner": "internal", "connection": said, "labels": labels}]

    def break_it(self) -> None:
        self.route.unlink()

    def revert(self) -> None:
        self.route.write_text("there")

    def well(self) -> bool:
        return self.route.exists()

    def mislead(self) -> None:
        self.log = self.stage.path("another")
        self.log.write_text("route: not found")

    def clear(self) -> None:
        self.log.unlink()


DRILL = LostState
