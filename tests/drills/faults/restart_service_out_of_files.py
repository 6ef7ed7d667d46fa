"""A service forgets to close files, until it can open hardly another, and its reports fail."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.drills.drill import Drill

LIMIT = 128


class ForgottenFiles(Drill):
    """The red herring is a service with many files open, and room for more."""

    signal = "PythonFileDescriptorsExhaustion"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.shop = self.stage.shop("subject")
        target = self.shop.target({"health_path": "/"})
        limited = ["/bin/sh", "-c", f'ulimit -n {LIMIT} && exec "$@"', "shop", *self.shop.command]
        return [{**target, "connection": {**target["connection"], "command": limited}}]

    def open(self) -> None:
        self.stage.start("subject")

    def break_it(self) -> None:
        self._leak(LIMIT - 12)

    def revert(self) -> None:
        self._restart()

    def well(self) -> bool:
        return self.shop.answer(path="/report") == 200

    def mislead(self) -> None:
        self._leak(LIMIT // 2)

    def clear(self) -> None:
        self._restart()

    def _leak(self, files: int) -> None:
        self.shop.says("leaks", f'{{"files": {files}}}')
        self.shop.answer()
        self.shop.forgets("leaks")

    def _restart(self) -> None:
        self.stage.stop("subject")
        self.stage.start("subject")


DRILL = ForgottenFiles
