"""A branch whose files a service serves, as a target and as people commit to it."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.drills.drill import Drill
from tests.unit.drivers.test_git import git


class ServedBranch(Drill):
    """A shop that serves what its branch holds. The first revision answers 200 and is marked as good."""

    subject = "code"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.shop = self.stage.shop("shop")
        self.work = self.shop.folder
        git(self.work, "init", "--quiet", "--initial-branch=main")
        (self.work / ".gitignore").write_text("pid*\n")
        self.commit("first", status="200", page="fine")
        git(self.work, "tag", "good-1")
        said = {"repository": str(self.work)}
        code = {"name": "code", "kind": "git", "owner": "internal", "connection": said, "labels": {"service": "shop"}}
        return [self.shop.target({"code": "code"}), {**code, "depends_on": ["shop"]}]

    def open(self) -> None:
        self.stage.start("shop")

    def revert(self) -> None:
        git(self.work, "reset", "--quiet", "--hard", "good-1")

    def well(self) -> bool:
        return self.shop.answer() == 200

    def clear(self) -> None:
        self.revert()

    def commit(self, message: str, **files: str) -> None:
        """Write the files and commit them."""
        for name, text in files.items():
            (self.work / name).write_text(text)
        git(self.work, "add", "--all")
        git(self.work, "commit", "--quiet", "--message", message)
