"""A patch of the coding agent makes the service fail, and a person has committed since."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.drills.drill import Drill
from tests.unit.drivers.test_git import git


class BadPatch(Drill):
    """The red herring is a patch with which the service works."""

    signal = "ErrorsAfterPatch"
    words = "errors since the patch"
    subject = "code"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.shop = self.stage.shop("shop")
        self.work = self.shop.folder
        git(self.work, "init", "--quiet", "--initial-branch=main")
        (self.work / ".gitignore").write_text("pid*\n")
        self._commit("first", status="200", page="fine")
        git(self.work, "tag", "good-1")
        said = {"repository": str(self.work)}
        code = {"name": "code", "kind": "git", "owner": "internal", "connection": said, "labels": {"service": "shop"}}
        return [self.shop.target(), {**code, "depends_on": ["shop"]}]

    def open(self) -> None:
        self.stage.start("shop")

    def break_it(self) -> None:
        self._commit("patch\n\nGrace-Step: 0a", status="500")
        self._commit("a page of a person", page="theirs")

    def revert(self) -> None:
        git(self.work, "reset", "--quiet", "--hard", "good-1")

    def well(self) -> bool:
        kept = "a page of a person" not in git(self.work, "log", "--format=%s") or self._page() == "theirs"
        return self.shop.answer() == 200 and kept

    def mislead(self) -> None:
        self._commit("patch\n\nGrace-Step: 0b", page="patched")

    def clear(self) -> None:
        git(self.work, "reset", "--quiet", "--hard", "good-1")

    def _page(self) -> str:
        return (self.work / "page").read_text()

    def _commit(self, message: str, **files: str) -> None:
        for name, text in files.items():
            (self.work / name).write_text(text)
        git(self.work, "add", "--all")
        git(self.work, "commit", "--quiet", "--message", message)


DRILL = BadPatch
