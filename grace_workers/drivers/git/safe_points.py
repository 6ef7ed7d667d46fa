"""A branch as a part of safe points: which revision it is at. Its files stay in the repository."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from typing import BinaryIO

from grace_workers.actions import KeptPart
from grace_workers.drivers._shared.kept_items import KeptItem, Printed, ReadItem, Sink
from grace_workers.drivers._shared.kept_parts import KeptParts, PartRoom
from grace_workers.drivers.git.branch import Branch
from grace_workers.drivers.git.program import Git
from grace_workers.foundation.errors import ConflictError, PermanentError
from grace_workers.foundation.ids import uuid7

_SHOWN = 3


class BranchParts(KeptParts):
    """The content of one branch, by the id of its tree. Putting it back is a new commit, so no commit is lost.

    A ref of ours points to the revision of each part, because git drops what no ref leads to, such as the past of a
    branch that was reset.
    """

    def __init__(self, git: Git, branch: Branch, name: str, room: PartRoom) -> None:
        super().__init__(room)
        self._refs = f"refs/grace/parts/{sha256(str(room.folder.resolve()).encode()).hexdigest()[:16]}"
        self._git = git
        self._branch = branch
        self._name = name

    @contextmanager
    def opened(self, *, writing: bool) -> "Iterator[_Revision]":
        """Refuse a branch that is checked out with changes, because they belong to no revision."""
        if writing:
            self._branch.finish()
        changed = self._branch.changed_in_place()
        if changed:
            first = ", ".join(repr(path[:80]) for path in changed[:_SHOWN])
            raise ConflictError(
                f"{len(changed)} files of branch {self._name!r} have changes that are not committed ({first}); commit "
                f"them or put them back"
            )
        yield _Revision(self._git, self._branch, self._name)

    def keep(self, key: str) -> KeptPart:
        part = super().keep(key)
        (item,) = self.items_of(key)
        self._git.said("update-ref", f"{self._refs}/{key}", str(item.about["revision"]))
        for ref in self._git.said("for-each-ref", "--format=%(refname)", f"{self._refs}/").splitlines():
            if not self.has(ref.rpartition("/")[2]):
                self._git.said("update-ref", "-d", ref)
        return part

    def forget(self, key: str) -> None:
        super().forget(key)
        self._git.said("update-ref", "-d", f"{self._refs}/{key}")


class _Revision:
    def __init__(self, git: Git, branch: Branch, name: str) -> None:
        self._git = git
        self._branch = branch
        self._name = name

    def names(self) -> Iterator[str]:
        yield self._name

    def read(self, name: str, into: Sink) -> ReadItem | None:
        del name
        head, printed = self._branch.head(), Printed(into)
        printed.write(head.content.encode())
        return ReadItem(sha256=printed.sha256, about={"revision": head.id, "content": head.content})

    def expected(self, kept: Mapping[str, KeptItem]) -> Mapping[str, KeptItem]:
        return kept

    def write(
        self, kept: Mapping[str, KeptItem], changed: Mapping[str, str | None], content: Callable[[KeptItem], BinaryIO]
    ) -> None:
        del content
        for name in changed:
            self._commit(str(kept[name].about["content"]), str(kept[name].about["revision"]))

    def _commit(self, tree: str, revision: str) -> None:
        if self._git.tried("cat-file", "-e", f"{tree}^{{tree}}").code != 0:
            raise PermanentError(
                f"the repository no longer has the files of revision {revision[:12]}; fetch them again"
            )
        subject, head = f"Put back the content of {revision[:12]}", self._branch.head().id
        # It is no patch of Grace, which `take_back_patch` would take back.
        self._branch.commit(tree, subject, uuid7().hex, onto=head, takes_back=head)
