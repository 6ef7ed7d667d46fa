"""One branch: read by plumbing commands, and moved by new commits only."""

from collections.abc import Sequence
from datetime import datetime

from grace_workers.actions import Revision, Revisions
from grace_workers.drivers.git.patching import applied
from grace_workers.drivers.git.program import Git
from grace_workers.foundation.errors import ConflictError, NotFoundError, PermanentError

_TRAILER = "Grace-Step"
_TAKES_BACK = "Grace-Takes-Back"
_SAID = "%(trailers:key={},valueonly,separator=%x2C)"
_FORMAT = f"%H%x00%T%x00%cI%x00{_SAID.format(_TRAILER)}%x00{_SAID.format(_TAKES_BACK)}%x00%s"
_MOST = 1000
_SAME = 1.0
"""Seconds. The time of a revision has no fraction."""
_HEX = frozenset("0123456789abcdef")


class Branch(Revisions):
    """A branch of one repository. `content` of a revision is its tree."""

    def __init__(self, git: Git, name: str, good_tags: str) -> None:
        self._git = git
        self._ref = f"refs/heads/{name}"
        self._good_tags = good_tags

    def head(self) -> Revision:
        self._git.folder()
        ran = self._git.tried("rev-parse", "--verify", "--quiet", "--end-of-options", f"{self._ref}^{{commit}}")
        if ran.code != 0:
            raise NotFoundError(f"the repository has no branch {self._ref.removeprefix('refs/heads/')!r}")
        return self._read(ran.out.strip())

    def beginning(self) -> str:
        """Return what the branch grew from, which clones share."""
        first = self._git.said("rev-list", "--max-parents=0", self.head().id).split()
        return f"git {min(first)}"

    def revision(self, name: str) -> Revision:
        if not name or not _HEX.issuperset(name):
            raise NotFoundError(f"{name[:80]!r} is not the id of a revision")
        head = self.head()
        found = self._git.tried("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        identity = found.out.strip()
        if found.code != 0 or self._git.tried("merge-base", "--is-ancestor", identity, head.id).code != 0:
            raise NotFoundError(f"no revision {name!r} in the history of the branch, or the beginning fits several")
        return self._read(identity)

    def last_good(self) -> Revision:
        head = self.head()
        pattern = f"refs/tags/{self._good_tags}"
        said = self._git.said("for-each-ref", f"--merged={head.id}", "--format=%(objectname)", pattern)
        if not said:
            raise NotFoundError(f"no tag {self._good_tags!r} marks a good revision of the branch; tag one")
        good = said.splitlines()[-_MOST:]
        newest = self._git.said("rev-list", "--topo-order", "--max-count=1", *good)
        return self._read(newest)

    def since(self, revision: str) -> Sequence[Revision]:
        until = self.revision(revision).id
        arguments = (f"--format={_FORMAT}", f"--max-count={_MOST}", f"{until}..{self.head().id}")
        return [_revision(line) for line in self._git.said("log", *arguments).splitlines()]

    def paths(self, before: str, after: str) -> Sequence[str]:
        first, second = _checked(before), _checked(after)
        said = self._git.said("diff-tree", "-r", "-z", "--no-renames", "--name-only", first, second)
        return [path for path in said.split("\0") if path]

    def changed_in_place(self) -> Sequence[str]:
        if not self._is_checked_out():
            return ()
        own = ("--no-ext-diff", "--no-textconv", "--no-renames", "--ignore-submodules=none")
        said = self._git.said("diff", "--name-only", "-z", *own, "HEAD", "--")
        return [path for path in said.split("\0") if path]

    def without(self, revision: str) -> str:
        taken = self.revision(revision)
        parents = self._git.said("rev-list", "--parents", "--max-count=1", taken.id).split()[1:]
        if len(parents) != 1:
            what = "merges others" if parents else "is the first"
            raise PermanentError(f"revision {taken.id[:12]} {what}, so it cannot be taken out alone")
        head = self.head()
        with self._git.aside() as env:
            self._git.said("read-tree", "-i", "-m", "--aggressive", taken.id, head.id, parents[0], env=env)
            if self._git.tried("merge-index", "-o", "-q", "git-merge-one-file", "-a", env=env).code != 0:
                raise ConflictError(f"revision {taken.id[:12]} cannot be taken out: later ones changed the same lines")
            return self._git.said("write-tree", env=env)

    def patched(self, patch: str) -> str:
        return applied(self._git, self.head().id, patch)

    def commit(self, content: str, subject: str, key: str, *, onto: str, takes_back: str = "") -> Revision:
        head = self.head()
        made = self._made(key, onto, head)
        if made is None:
            if head.id != onto:
                raise ConflictError(f"the branch is at {head.id[:12]}, not at {onto[:12]} as before; look and decide")
            self.finish()
            self._clean()
            message = f"{subject}\n\n{_TRAILER}: {key}"
            if takes_back:
                message += f"\n{_TAKES_BACK}: {_checked(takes_back)}"
            new = self._git.said("commit-tree", _checked(content), "-p", onto, "-m", message)
            if self._git.tried("update-ref", "-m", "grace", self._ref, new, onto).code != 0:
                raise ConflictError(f"the branch moved away from {onto[:12]} meanwhile; look and decide")
            made = self._read(new)
        self._follow(onto, made.id)
        return made

    def finish(self) -> None:
        """Bring the files to a revision of a step that was ended before it did so."""
        head = self.head()
        if (before := self._left_at(head)) is not None:
            self._follow(before, head.id)

    def _left_at(self, head: Revision) -> str | None:
        """Return at which revision a step left the files when it was ended; None if they are the newest, or changed.

        They were not touched if they are just as before the step's revision, and git has not written its index since.
        """
        if not head.automated or not self._is_checked_out():
            return None
        parents = self._git.said("rev-list", "--parents", "--max-count=1", head.id).split()[1:]
        index = self._git.folder() / "index"
        if len(parents) != 1 or not index.is_file() or index.stat().st_mtime > head.at.timestamp() + _SAME:
            return None
        plain = ("--quiet", "--no-ext-diff", "--no-textconv", "--ignore-submodules=none")
        looks = (("diff", *plain, "--"), ("diff", "--cached", *plain, parents[0], "--"))
        is_before = all(self._git.tried(*look).code == 0 for look in looks)
        return parents[0] if is_before and self._read(parents[0]).content != head.content else None

    def _made(self, key: str, onto: str, head: Revision) -> Revision | None:
        """Return the revision that an earlier call with the key made, if the branch has one."""
        _checked(key)
        span = f"{_checked(onto)}..{head.id}"
        said = self._git.said("log", "--format=%H", "--fixed-strings", f"--grep={_TRAILER}: {key}", span)
        return self._read(said.splitlines()[-1]) if said else None

    def _follow(self, old: str, new: str) -> None:
        """Bring the files of the repository, if it has any of this branch, from one revision to the other."""
        if self._is_checked_out() and (ran := self._git.tried("read-tree", "-m", "-u", old, new)).code != 0:
            raise ConflictError(
                f"the branch is at {new[:12]}, but files with changes that are not committed are in the way "
                f"({ran.words}); commit them or put them back, then run the step again"
            )

    def _clean(self) -> None:
        if self._is_checked_out():
            changed = self._git.said("status", "--porcelain", "--untracked-files=no", "--ignore-submodules=none")
            if changed:
                count = len(changed.splitlines())
                raise ConflictError(f"{count} files have changes that are not committed; commit them or put them back")

    def _is_checked_out(self) -> bool:
        if self._git.said("rev-parse", "--is-bare-repository") == "true":
            return False
        return self._git.tried("symbolic-ref", "--quiet", "HEAD").out.strip() == self._ref

    def _read(self, identity: str) -> Revision:
        return _revision(self._git.said("log", "--max-count=1", f"--format={_FORMAT}", _checked(identity)))


def _checked(identity: str) -> str:
    if not identity or not _HEX.issuperset(identity):
        raise NotFoundError(f"{identity[:80]!r} is not the id of a revision")
    return identity


def _revision(line: str) -> Revision:
    identity, tree, at, step, takes_back, subject = line.split("\0", 5)
    return Revision(
        id=identity,
        subject=subject[:200],
        content=tree,
        at=datetime.fromisoformat(at),
        automated=bool(step),
        takes_back=takes_back if _HEX.issuperset(takes_back) else "",
    )
