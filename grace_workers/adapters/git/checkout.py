"""A user's working tree, read and committed to without running a hook, a filter or a program named in its settings.

Git reads the tree through a Git directory of our own, which borrows the objects and a copy of the index. So the
repository's configuration is never read, and its index, `HEAD` and files are never written.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from grace_workers.foundation.errors import ConflictError, InputError, PermanentError

_SECONDS = 60
_MOST_DIRT = 20
_AUTHOR = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Grace"), ("EMAIL", "grace@localhost"))
}
_QUIET = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.untrackedCache=false")


class GitCheckout:
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
        told = self._apart("status", "--porcelain=v1", "-z", "--untracked-files=normal", "--ignore-submodules=all")
        return tuple(os.fsdecode(row[3:]) for row in told.split(b"\0") if row)[:_MOST_DIRT]

    def copy(self, folder: Path) -> tuple[str, ...]:
        """Copy every tracked file into the empty `folder`; return their paths, relative and in order.

        A symbolic link is copied as a link. A submodule is left out.
        """
        names = [os.fsdecode(name) for name in self._apart("ls-files", "-z").split(b"\0") if name]
        kept = [name for name in names if not (self._path / name).is_dir() or (self._path / name).is_symlink()]
        for name in kept:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(self._path / name, folder / name, follow_symlinks=False)
        return tuple(kept)

    def commit(self, files: Mapping[str, bytes], *, branch: str, message: str) -> str:
        """Commit the last commit with `files` changed to a new branch; return the commit's hash.

        Raises:
            ConflictError: the branch exists.
        """
        with TemporaryDirectory(prefix="grace-git-") as folder:
            env = self._environment(Path(folder), writing=True)
            _run([*_QUIET, "read-tree", self._head], self._path, env)
            for name, content in files.items():
                mode = (
                    _run([*_QUIET, "ls-files", "-s", "--", name], self._path, env).split(b" ", 1)[0].decode()
                    or "100644"
                )
                blob = _run([*_QUIET, "hash-object", "-w", "--stdin", "--no-filters"], self._path, env, content)
                _run([*_QUIET, "update-index", "--add", "--cacheinfo", f"{mode},{blob.decode().strip()},{name}"],
                     self._path, env)  # fmt: skip
            tree = _run([*_QUIET, "write-tree"], self._path, env).decode().strip()
            made = _run([*_QUIET, "commit-tree", tree, "-p", self._head], self._path, env, message.encode())
        commit = made.decode().strip()
        try:
            self._asked("update-ref", f"refs/heads/{branch}", commit, "0" * len(commit))
        except InputError as error:
            raise ConflictError(f"branch {branch!r} cannot be made: {error}; delete it or name another") from error
        return commit

    def _apart(self, *words: str) -> bytes:
        with TemporaryDirectory(prefix="grace-git-") as folder:
            return _run([*_QUIET, *words], self._path, self._environment(Path(folder), writing=False))

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
        return {**_clean(), **_AUTHOR, **borrowed, "GIT_DIR": str(folder), "GIT_WORK_TREE": str(self._path)}

    def _asked(self, *words: str) -> str:
        try:
            return os.fsdecode(_run([*_QUIET, *words], self._path, _clean()))
        except (PermanentError, NotADirectoryError, FileNotFoundError) as error:
            raise InputError(f"{self._path} is not a Git repository with a commit: {error}") from error


def _clean() -> dict[str, str]:
    """Return an environment without anyone's configuration, and without variables that redirect Git."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {
        **kept,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
        "LC_ALL": "C",
    }


def _run(words: Sequence[str], folder: Path, env: Mapping[str, str], given: bytes = b"") -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 - no shell; words are ours, hashes, or paths after `--`
            ["git", *words],  # noqa: S607 - wherever the user has it
            cwd=folder,
            env=env,
            input=given,
            capture_output=True,
            check=True,
            timeout=_SECONDS,
        )
    except FileNotFoundError as error:
        if not folder.is_dir():
            raise
        raise PermanentError("there is no program `git` here; install Git") from error
    except subprocess.TimeoutExpired as error:
        raise PermanentError(f"git has not ended within {_SECONDS} s; look whether its storage answers") from error
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode("utf-8", "replace").strip().splitlines()
        raise PermanentError(f"git {words[-1][:60]}: {said[-1][:300] if said else error.returncode}") from error
    return done.stdout
