"""A diff applied to a revision in an index of our own: no file of the repository is touched."""

from pathlib import Path

from grace_workers.drivers.git.program import Git
from grace_workers.foundation.errors import ConflictError


def applied(git: Git, onto: str, patch: str) -> str:
    """Return the content of revision `onto` with the diff. Raises ConflictError when it does not fit."""
    with git.aside() as env:
        git.said("read-tree", onto, env=env)
        file = Path(env["GIT_INDEX_FILE"]).with_name("patch")
        file.write_bytes(patch.encode())
        ran = git.tried("apply", "--cached", "--whitespace=nowarn", str(file), env=env)
        if ran.code != 0:
            raise ConflictError(f"the patch does not fit {onto[:12]}: {ran.words}")
        return git.said("write-tree", env=env)
