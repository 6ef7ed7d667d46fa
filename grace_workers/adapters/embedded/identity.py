"""The users under which the embedded servers run when root starts them: each has its own, which no one else uses.

There are three cases. A plain user runs a server as itself. Root reserves a numeric user and group for the server's
folder and drops to them, if that user can reach the program and the data. Below a closed folder (such as /root) it
cannot, so PostgreSQL, which refuses root, runs in a user namespace of one id: it owns the same files, but is not root
there and has no capability.

The reservation is the group of the server's folder: `ls -n` shows it, and a copy made with `cp -a` keeps it. It needs
no entry in /etc/passwd, except for initdb, which looks its user up: that runs as `nobody` but in the reserved group.
The folder is closed to every other group, and the kernel keeps processes of another group from tracing it, so no other
process of `nobody` can reach what initdb makes.
"""

import grp
import os
import pwd
import random
import stat
from dataclasses import dataclass
from pathlib import Path

from grace_workers.adapters.process.spawn import Identity
from grace_workers.foundation.errors import PermanentError

# Debian assigns no service or person a number from this range by itself, and a container with one user's 65,536 ids has
# it.
RESERVED = range(58_000, 60_000)
_LENT = "nobody"
_PASSABLE = 0o710
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Tenancy:
    """`server` is the user of the server; `maker` is the user of initdb, with the same group."""

    server: Identity
    maker: Identity


def tenancy_for(folder: Path, *programs: Path) -> Tenancy | None:
    """Return the user of the server in `folder`, reserving it at the first call; None when the current user will do.

    Raises:
        PermanentError: no number is free.
    """
    if os.geteuid() != 0:
        return None
    lent = _lent()
    number = _reserved(folder) or _free_number()
    reachable = all(map(_is_open, programs)) and _is_on_an_open_way(folder) and _is_mapped(number)
    if not (reachable and _let_in(folder, number)):
        seen = Identity(uid=lent.pw_uid, gid=lent.pw_gid, owns_files=False)
        return Tenancy(server=seen, maker=seen)
    return Tenancy(
        server=Identity(uid=number, gid=number, owns_files=True),
        maker=Identity(uid=lent.pw_uid, gid=number, owns_files=True),
    )


def hand_over(folder: Path, identity: Identity) -> int | None:
    """Give everything below `folder` to `identity`; return the uid it was taken from, None when nothing changed.

    Links are not followed, and a third party's files are left alone, because the earlier owner may have put them
    there.
    """
    earlier = folder.stat().st_uid
    if earlier == identity.uid:
        return None
    for _, _, files, here in os.fwalk(folder, follow_symlinks=False):
        # From the top: in a folder that is already ours the earlier owner can no longer rename anything.
        os.fchown(here, identity.uid, identity.gid)
        os.fchmod(here, 0o700)
        for file in files:
            found = os.stat(file, dir_fd=here, follow_symlinks=False)
            if found.st_uid == earlier:
                os.chown(file, identity.uid, identity.gid, dir_fd=here, follow_symlinks=False)
    return earlier


def _lent() -> pwd.struct_passwd:
    users = {user.pw_name: user for user in pwd.getpwall() if user.pw_uid != 0}
    return users.get(_LENT) or next(iter(users.values()))


def _reserved(folder: Path) -> int | None:
    group = folder.stat().st_gid
    return group if group in RESERVED else None


def _free_number() -> int:
    taken = {user.pw_uid for user in pwd.getpwall()} | {user.pw_gid for user in pwd.getpwall()}
    taken |= {group.gr_gid for group in grp.getgrall()} | _running_ids()
    free = [number for number in RESERVED if number not in taken]
    if not free:
        raise PermanentError(
            f"every user id from {RESERVED.start} to {RESERVED.stop - 1} is in use, so PostgreSQL and Valkey "
            f"cannot get one of their own; run the node as a plain user, or set GRACE_DATABASE__URL and "
            f"GRACE_BROKER__URL"
        )
    return random.SystemRandom().choice(free)


def _running_ids() -> set[int]:
    """Return the users and groups of all processes."""
    found = set()
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            try:
                status = entry.stat()
            except FileNotFoundError:
                continue
            found |= {status.st_uid, status.st_gid}
    return found


def _is_mapped(number: int) -> bool:
    """Return whether this container has that user id at all."""
    try:
        ranges = [tuple(int(part) for part in row.split()) for row in (_PROC / "self/uid_map").read_text().splitlines()]
    except FileNotFoundError:
        return True
    return any(first <= number < first + count for first, _, count in ranges)


def _let_in(folder: Path, number: int) -> bool:
    """Open the folder for that group alone; False if root may not give files away, as in some containers."""
    try:
        os.chown(folder, 0, number)
    except PermissionError:
        return False
    folder.chmod(_PASSABLE)
    return True


def _is_open(program: Path) -> bool:
    return _is_on_an_open_way(program) and bool(program.stat().st_mode & stat.S_IROTH)


def _is_on_an_open_way(path: Path) -> bool:
    """Return whether any user may pass through every folder above `path`."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in path.resolve().parents)
