"""A commit makes the service fail, which serves what the branch holds."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.drills.drill import Drill
from tests.unit.drivers.test_git import git


class BadRevision(Drill):
    """The red herring is a new revision with which the service works."""

    signal = "ErrorsAfterDeployment"
    words = "errors since the deployment"
    subject = "code"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.shop = self.stage.shop("shop")
        self.work = self.shop.folder
        git(self.work, "init", "--quiet", "--initial-branch=main")
        (self.work / ".gitignore").write_text("pid*\n")
        self._commit("200")
        git(self.work, "tag", "good-1")
        said = {"repository": str(self.work)}
        code = {"name": "code", "kind": "git", "owner": "internal", "connection": said, "labels": {"service": "shop"}}
        return [self.shop.target(), {**code, "depends_on": ["shop"]}]

    def open(self) -> None:
        self.stage.start("shop")

    def break_it(self) -> None:
        self._commit("500")

    def revert(self) -> None:
        git(self.work, "reset", "--quiet", "--hard", "good-1")

    def well(self) -> bool:
        return self.shop.answer() == 200

    def mislead(self) -> None:
        self._commit("200", "a harmless page")

    def clear(self) -> None:
        git(self.work, "reset", "--quiet", "--hard", "good-1")

    def _commit(self, status: str, page: str = "fine") -> None:
        (self.work / "status").write_text(status)
        (self.work / "page").write_text(page)
        git(self.work, "add", "--all")
        git(self.work, "commit", "--quiet", "--message", f"answer {status}")


DRILL = BadRevision
