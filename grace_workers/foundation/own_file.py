"""Files that only their owner may change: how they are written, and when one is trusted.

Two kinds. *Own* files are what a node writes for itself and its commands (`api.json`, `servers.json`, tokens, state):
they are closed to everyone else, are never reached through a symbolic link, and are ours or root's. *Given* files are
what a team writes for Grace (`grace.yaml`, a policy, playbooks): everyone may read them, but no one else may change
them.
"""

import grp
import os
import pwd
import stat
from contextlib import suppress
from pathlib import Path

from grace_workers.foundation.errors import InputError

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
LARGEST = 4 << 20
# Without O_NONBLOCK, opening a FIFO in the file's place would wait for a writer for ever.
_READING = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
_MAKING = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_CODE = Path(__file__).resolve().parents[1]


def objection(found: os.stat_result) -> str | None:
    """Return why a file must not be trusted, as the end of a sentence; None when only we may change it."""
    if found.st_uid not in {0, os.geteuid()}:
        return f"belongs to uid {found.st_uid}, not to this user (uid {os.geteuid()}) or root"
    if found.st_mode & stat.S_IWOTH or (found.st_mode & stat.S_IWGRP and not is_private(found.st_gid, found.st_uid)):
        return f"can be changed by others (mode {stat.S_IMODE(found.st_mode):04o})"
    return None


def is_private(gid: int, uid: int) -> bool:
    """Return whether a group has only one member, the user: theirs by name, as most systems make one for each person.

    A file that such a person writes under those systems' umask 002 is writable by the group and still by no one
    else. Root's group is never private, because services are put into it.
    """
    try:
        group, owner = grp.getgrgid(gid), pwd.getpwuid(uid)
    except KeyError:
        return False
    own = uid != 0 and owner.pw_gid == gid and owner.pw_name == group.gr_name
    return own and set(group.gr_mem) <= {owner.pw_name}


def read_own(path: Path) -> str:
    """Return the text of a file that a node wrote for itself.

    Raises:
        FileNotFoundError: there is no such file.
        InputError: it is a link, not a plain file, not ours, open to changes by others, too large or not text.
        OSError: it cannot be read.
    """
    try:
        descriptor = os.open(path, _READING | os.O_NOFOLLOW)
    except FileNotFoundError:
        raise
    except OSError as error:
        if path.is_symlink():
            raise InputError(f"{path} is a symbolic link, so it is not trusted; remove it") from error
        raise
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        why = objection(found) if stat.S_ISREG(found.st_mode) else "is not a regular file"
        if why is not None:
            raise InputError(f"{path} {why}, so it is not trusted; remove it and restart the node")
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise InputError(f"{path} is larger than {LARGEST} bytes; remove it and restart the node")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not text; remove it and restart the node") from error


def write_own(path: Path, text: str, *, durable: bool = False) -> None:
    """Replace the file with `text` in one step, closed to everyone else whatever the umask.

    With `durable` it survives a power cut. One thread of a process at a time may write a path. Raises OSError.
    """
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, _MAKING, PRIVATE_FILE)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            if durable:
                file.flush()
                os.fsync(descriptor)
        fresh.replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            fresh.unlink()
        raise


def given_objection(path: Path) -> str | None:
    """Return why a file or folder that a team gives must not be trusted; None if it may be, or does not exist.

    A file is judged together with the folders that name it, because anyone who may rename there may replace it; of
    the folders above those, none may be open to everyone. On a file system that is mounted read-only no one here
    can change anything. A file beside our code is as safe as the code.
    """
    try:
        # Unlike `resolve`, it reports a cycle of links as an OSError.
        real = Path(os.path.realpath(path, strict=True))
        if real.is_relative_to(_CODE) or real.is_relative_to(_CODE.parent / "playbooks"):
            return None
        folders = () if stat.S_ISDIR(real.stat().st_mode) else (real.parent,)
        why = _change(real)
        for folder in (*folders, *((path.parent,) if path.is_symlink() else ())):
            why = why or _renaming(folder)
        for folder in real.parents:
            why = why or (_renaming(folder) if folder.stat().st_mode & stat.S_IWOTH else None)
    except OSError:
        # What cannot be examined cannot be read either, and its reader reports that.
        return None
    return why


def require_given(path: Path, what: str) -> None:
    """Refuse a file or folder that others may change. Raises InputError, which begins with `what`."""
    if (why := given_objection(path)) is not None:
        raise InputError(f"{what} {path} {why}; {remedy(path)}")


def remedy(path: Path) -> str:
    """Return what to do about a path to which there is an objection."""
    return f"look at what it says, then run `chown {_name(os.geteuid())} {path}` and `chmod go-w {path}`"


def _change(path: Path) -> str | None:
    return None if os.statvfs(path).f_flag & os.ST_RDONLY else objection(path.stat())


def _renaming(folder: Path) -> str | None:
    found = folder.stat()
    # In a sticky folder of root, such as /tmp, no one may rename another user's files.
    if found.st_mode & stat.S_ISVTX and found.st_uid == 0:
        return None
    why = _change(folder)
    return None if why is None else f"lies in {folder}, which {why}"


def _name(uid: int) -> str:
    return "root" if uid == 0 else str(uid)
