"""As whom PostgreSQL runs. It refuses root, so root has to lend it another identity.

Three cases. A plain user runs it as itself. Root drops to an unprivileged user when that user can reach the binaries
and the data. Below a closed folder (such as /root) it cannot, so the server runs in a user namespace of one id: it
owns the same files, but is not root there and has no capability.
"""

import os
import pwd
import stat
from pathlib import Path

from grace_workers.adapters.process.spawn import Identity

_PREFERRED = "nobody"


def identity_for(*paths: Path) -> Identity | None:
    """Return the identity for a server that must reach all `paths`, or None when the current user will do."""
    if os.geteuid() != 0:
        return None
    user = _unprivileged()
    reachable = all(_reachable(path.absolute()) for path in paths)
    return Identity(uid=user.pw_uid, gid=user.pw_gid, owns_files=reachable)


def _unprivileged() -> pwd.struct_passwd:
    # initdb looks its user up, so the id must be in the user database.
    users = {user.pw_name: user for user in pwd.getpwall() if user.pw_uid != 0}
    return users.get(_PREFERRED) or next(iter(users.values()))


def _reachable(path: Path) -> bool:
    """Whether anybody may enter every folder above `path` and read it, by mode bits alone."""
    folders = list(path.resolve().parents)
    if not all(folder.stat().st_mode & stat.S_IXOTH for folder in folders):
        return False
    return not path.exists() or bool(path.stat().st_mode & stat.S_IROTH) or path.stat().st_uid != 0
