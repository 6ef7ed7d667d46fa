"""The program git: no hook, no network, no configuration but the repository's, and its errors in our words."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from grace_workers.drivers._shared.program import Ran, run
from grace_workers.foundation.errors import PermanentError
from grace_workers.foundation.own_folder import own_folder

_OPTIONS = (
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.fsmonitor=false"),
    *("-c", "protocol.allow=never"),
    *("-c", "commit.gpgSign=false"),
    *("-c", "gc.auto=0"),
)
_ENV = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_PAGER": "cat",
    # What only reads leaves the index as it was, with its time.
    "GIT_OPTIONAL_LOCKS": "0",
}
_MOST = 16 << 20


class Git:
    """git in one repository."""

    def __init__(self, repository: Path, patience: timedelta, author: tuple[str, str]) -> None:
        self._repository = repository
        self._patience = patience
        name, email = author
        self._env = {
            **_ENV,
            **{f"GIT_{who}_NAME": name for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_EMAIL": email for who in ("AUTHOR", "COMMITTER")},
        }

    def tried(self, *arguments: str, env: Mapping[str, str] | None = None) -> Ran:
        """Run a command and return how it ended. Raises as `run` does."""
        place = (env or {}).get("GIT_WORK_TREE", str(self._repository))
        command = ["git", "-C", place, *_OPTIONS, *arguments]
        return run(command, patience=self._patience, env={**self._env, **(env or {})}, most=_MOST)

    def said(self, *arguments: str, env: Mapping[str, str] | None = None) -> str:
        """Run a command and return what it wrote. Raises PermanentError when it fails."""
        ran = self.tried(*arguments, env=env)
        if ran.code != 0:
            raise PermanentError(f"git {arguments[0]}: {ran.words}")
        return ran.out.strip()

    def folder(self) -> Path:
        """Return the folder of the repository's own files. Raises PermanentError when it is none that we may use."""
        if not self._repository.is_dir():
            raise PermanentError(f"there is no folder {str(self._repository)!r}; correct `repository`")
        return Path(self.said("rev-parse", "--absolute-git-dir"))

    @contextmanager
    def aside(self) -> Iterator[Mapping[str, str]]:
        """Yield the environment of an index and files of our own, so that the repository's stay as they are."""
        git_dir = str(self.folder())
        with own_folder("grace-git") as folder:
            (folder / "files").mkdir()
            yield {
                "GIT_DIR": git_dir,
                "GIT_INDEX_FILE": str(folder / "index"),
                "GIT_WORK_TREE": str(folder / "files"),
            }
