"""A user's working tree, read and committed to without running a hook, a filter or a program named in its settings.

Git reads the tree through a Git directory of our own, which borrows the objects and a copy of the index. So the
repository's configuration is never read, and its index, `HEAD` and files are never written.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from grace_workers.adapters.git.commit_reads import CommitReads
from grace_workers.adapters.git.program import clean_environment, run_git
from grace_workers.foundation.errors import ConflictError, InputError, PermanentError
from grace_workers.foundation.own_folder import own_folder

_MOST_DIRT, _SHOWN = 20, 5
_FILE_MODES = ("100644", "100755")
_AUTHOR = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Grace"), ("EMAIL", "grace@localhost"))
}


class GitCheckout(CommitReads):
    """The repository at a path, at its last commit."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            InputError: there is no repository, it has no commit, or `path` is not the root of its working tree.
        """
        self._path = path.resolve()
        self._git = Path(self._asked("rev-parse", "--absolute-git-dir").strip())
        shared = self._asked("rev-parse", "--path-format=absolute", "--git-common-dir").strip()
        self._objects = Path(shared) / "objects"
        if Path(self._asked("rev-parse", "--path-format=absolute", "--show-toplevel").strip()).resolve() != self._path:
            raise InputError(f"{path} is inside a repository but not its root; name the root")
        self._head = self._asked("rev-parse", "--verify", "HEAD^{commit}").strip()
        self._shallow = Path(shared) / "shallow"

    def dirt(self) -> tuple[str, ...]:
        """Return the files that differ from the last commit, untracked ones included, the first twenty."""
        return self._differing("normal")

    def copy(self, folder: Path) -> tuple[str, ...]:
        """Copy every tracked file into the empty `folder`; return their paths, relative and in order.

        A symbolic link is copied as a link. A submodule is left out.

        Raises:
            ConflictError: a tracked file is no longer what was committed, because someone works in the checkout.
        """
        names = [os.fsdecode(name) for name in self._apart("ls-files", "-z").split(b"\0") if name]
        kept = [name for name in names if not (self._path / name).is_dir() or (self._path / name).is_symlink()]
        for name in kept:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            try:
                shutil.copy2(self._path / name, folder / name, follow_symlinks=False)
            except FileNotFoundError:
                # The look that follows names it.
                continue
        if changed := self._differing("no"):
            raise ConflictError(
                f"changed in {self._path} while it was worked on: {', '.join(changed[:_SHOWN])}; start again when "
                f"the files stay as they were committed"
            )
        return tuple(kept)

    def commit(self, files: Mapping[str, bytes], *, branch: str, message: str) -> str:
        """Commit the last commit with `files` changed to a new branch; return the commit's hash.

        Raises:
            ConflictError: the branch exists.
        """
        with own_folder("grace-git") as folder:
            env = self._environment(folder, writing=True)
            run_git(["read-tree", self._head], self._path, env)
            for name, content in files.items():
                mode = run_git(["ls-files", "-s", "--", name], self._path, env).split(b" ", 1)[0].decode()
                # A link gives way to the file that was written in its place.
                mode = mode if mode in _FILE_MODES else _FILE_MODES[0]
                blob = run_git(["hash-object", "-w", "--stdin", "--no-filters"], self._path, env, content)
                run_git(["update-index", "--add", "--cacheinfo", f"{mode},{blob.decode().strip()},{name}"],
                     self._path, env)  # fmt: skip
            tree = run_git(["write-tree"], self._path, env).decode().strip()
            made = run_git(["commit-tree", tree, "-p", self._head], self._path, env, message.encode())
        commit = made.decode().strip()
        try:
            run_git(["update-ref", f"refs/heads/{branch}", commit, "0" * len(commit)], self._path, clean_environment())
        except PermanentError as error:
            why = "it exists" if "already exists" in str(error) else str(error)
            raise ConflictError(f"branch {branch!r} cannot be made: {why}; delete it or name another") from error
        return commit

    def _differing(self, untracked: str) -> tuple[str, ...]:
        told = self._apart(
            "status", "--porcelain=v1", "-z", f"--untracked-files={untracked}", "--ignore-submodules=all"
        )
        return tuple(os.fsdecode(row[3:]) for row in told.split(b"\0") if row)[:_MOST_DIRT]

    def _apart(self, *words: str, folder: Path | None = None, given: bytes = b"") -> bytes:
        with own_folder("grace-git") as own:
            env = self._environment(own, writing=False)
            if folder is not None:
                env["GIT_WORK_TREE"] = str(folder)
            return run_git(words, folder or self._path, env, given)

    def _environment(self, folder: Path, *, writing: bool) -> dict[str, str]:
        """Return the environment in which Git sees the tree through our own Git directory."""
        for name in ("objects/info", "refs", "info"):
            (folder / name).mkdir(parents=True)
        (folder / "HEAD").write_text(f"{self._head}\n", encoding="ascii")
        (folder / "objects" / "info" / "alternates").write_text(f"{self._objects}\n", encoding="utf-8")
        for name in ("index", "info/exclude"):
            if (self._git / name).is_file() and not writing:
                shutil.copy2(self._git / name, folder / name)
        if self._shallow.is_file():
            shutil.copy2(self._shallow, folder / "shallow")
        borrowed = {"GIT_OBJECT_DIRECTORY": str(self._objects)} if writing else {}
        return {**clean_environment(), **_AUTHOR, **borrowed, "GIT_DIR": str(folder), "GIT_WORK_TREE": str(self._path)}

    def _asked(self, *words: str) -> str:
        try:
            return os.fsdecode(run_git([*words], self._path, clean_environment()))
        except (PermanentError, NotADirectoryError, FileNotFoundError) as error:
            raise InputError(f"{self._path} is not a Git repository with a commit: {error}") from error
