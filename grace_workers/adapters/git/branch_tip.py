"""The newest commit of a branch, read through a Git directory of our own: no configuration or file of its is used."""

import os
from pathlib import Path

from grace_workers.adapters.git.commit_reads import CommitReads
from grace_workers.adapters.git.program import clean_environment, run_git
from grace_workers.foundation.errors import InputError, PermanentError
from grace_workers.foundation.own_folder import own_folder

# The bytes of the commit, whatever the attributes in the repository ask for.
_AS_STORED = "* -text -eol -ident -filter -working-tree-encoding\n"
_SUBMODULE = b"160000"


class BranchTip(CommitReads):
    """A repository, bare or with files, at the newest commit of one branch."""

    def __init__(self, path: Path, branch: str) -> None:
        """Open it.

        Raises:
            InputError: there is no repository, or no such branch in it.
        """
        self._path = path
        try:
            shared = self._asked("rev-parse", "--path-format=absolute", "--git-common-dir")
            self._head = self._asked("rev-parse", "--verify", "--end-of-options", f"refs/heads/{branch}^{{commit}}")
        except (PermanentError, NotADirectoryError, FileNotFoundError) as error:
            raise InputError(f"{path} is not a Git repository with a branch {branch!r}: {error}") from error
        self._objects = Path(shared) / "objects"
        self._shallow = Path(shared) / "shallow"

    def dirt(self) -> tuple[str, ...]:
        """Return nothing: a commit has no changes that are not committed."""
        return ()

    def copy(self, folder: Path) -> tuple[str, ...]:
        """Copy every file of the commit into the empty `folder`; return their paths. A submodule is left out."""
        with own_folder("grace-git") as own:
            env = self._environment(own, folder)
            run_git(["read-tree", self._head], folder, env)
            rows = run_git(["ls-files", "-z", "--stage"], folder, env).split(b"\0")
            run_git(["checkout-index", "--all", "--force", "--quiet"], folder, env)
        return tuple(os.fsdecode(row.split(b"\t", 1)[1]) for row in rows if row and not row.startswith(_SUBMODULE))

    def _apart(self, *words: str, folder: Path | None = None, given: bytes = b"") -> bytes:
        with own_folder("grace-git") as own:
            return run_git(words, folder or own, self._environment(own, folder or own), given)

    def _environment(self, own: Path, folder: Path) -> dict[str, str]:
        for part in ("objects/info", "refs", "info"):
            (own / part).mkdir(parents=True)
        (own / "HEAD").write_text(f"{self._head}\n", encoding="ascii")
        (own / "objects" / "info" / "alternates").write_text(f"{self._objects}\n", encoding="utf-8")
        (own / "info" / "attributes").write_text(_AS_STORED, encoding="ascii")
        if self._shallow.is_file():
            (own / "shallow").write_bytes(self._shallow.read_bytes())
        return {**clean_environment(), "GIT_DIR": str(own), "GIT_WORK_TREE": str(folder)}

    def _asked(self, *words: str) -> str:
        return os.fsdecode(run_git(words, self._path, clean_environment())).strip()
