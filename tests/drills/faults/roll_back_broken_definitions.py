"""A commit makes a playbook that cannot be loaded."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.drills.drill import Drill
from tests.unit.drivers.test_git import git

SHIPPED = Path(__file__).parents[3] / "playbooks" / "restart_dead_service.yaml"


class BrokenDefinitions(Drill):
    """The red herring is a new revision whose playbook loads."""

    signal = "PlaybooksBroken"
    subject = "books"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.work = self.stage.folder / "books"
        self.work.mkdir()
        git(self.work, "init", "--quiet", "--initial-branch=main")
        self._commit(SHIPPED.read_text())
        git(self.work, "tag", "good-1")
        lint = [sys.executable, "-m", "grace_workers", "playbook", "lint", str(self.work)]
        command = {"changes": "nothing", "run": ["/bin/true"], "look": lint}
        proof = {"name": "proof", "kind": "command", "owner": "internal", "connection": {"commands": {"lint": command}}}
        said = {"repository": str(self.work)}
        books = {"name": "books", "kind": "git", "owner": "internal", "connection": said, "labels": {"proof": "proof"}}
        return [{**books, "depends_on": ["proof"]}, {**proof, "labels": {"must_hold": "lint"}}]

    def break_it(self) -> None:
        self._commit(SHIPPED.read_text().replace("steps:", "staeps:"))

    def revert(self) -> None:
        git(self.work, "reset", "--quiet", "--hard", "good-1")

    def well(self) -> bool:
        return "\nsteps:" in (self.work / SHIPPED.name).read_text()

    def mislead(self) -> None:
        self._commit(SHIPPED.read_text().replace("version: 1", "version: 2"))

    def clear(self) -> None:
        git(self.work, "reset", "--quiet", "--hard", "good-1")

    def _commit(self, text: str) -> None:
        (self.work / SHIPPED.name).write_text(text)
        git(self.work, "add", "--all")
        git(self.work, "commit", "--quiet", "--message", "change a playbook")


DRILL = BrokenDefinitions
