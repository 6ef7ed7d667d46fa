"""The user and group that a service runs as, and whether this process may give them to it."""

import grp
import os
import pwd
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grace_workers.foundation.errors import PermanentError


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user, its main group, all its groups, and the environment variables that the system sets for it."""

    uid: int
    gid: int
    groups: Sequence[int]
    environment: Mapping[str, str]

    @property
    def spelt(self) -> str:
        """Return it in the shim's format: `uid:gid:group,group`."""
        return f"{self.uid}:{self.gid}:{','.join(str(one) for one in self.groups)}"


def account_of(user: str | None, group: str | None) -> Account | None:
    """Return the account to switch to; None when this process already runs as that user and group.

    Raises:
        PermanentError: the user or group does not exist, or only root could switch to it.
    """
    if user is None and group is None:
        return None
    entry = _user(user) if user is not None else None
    uid = os.geteuid() if user is None else entry.pw_uid if entry is not None else int(user)
    gid = _group(group) if group is not None else entry.pw_gid if entry is not None else uid
    if os.geteuid() == uid and os.getegid() == gid:
        return None
    if os.geteuid() != 0:
        raise PermanentError(
            f"the service is declared to run as {user or 'this user'}{f' in group {group}' if group else ''}, but this "
            f"node runs as uid {os.geteuid()}, and only root can switch to another user; run the node as that user or "
            "as root, or remove `user` and `group` from the target"
        )
    groups = os.getgrouplist(entry.pw_name, gid) if entry is not None else [gid]
    known = {} if entry is None else {"HOME": entry.pw_dir, "USER": entry.pw_name, "LOGNAME": entry.pw_name}
    return Account(uid=uid, gid=gid, groups=groups, environment=known)


def _user(name: str) -> pwd.struct_passwd | None:
    """Return the entry of that user; None for a number without one."""
    try:
        return pwd.getpwuid(int(name)) if name.isdecimal() else pwd.getpwnam(name)
    except KeyError as error:
        if name.isdecimal():
            return None
        raise PermanentError(f"no user {name!r} on this machine; create it, or correct the target") from error


def _group(name: str) -> int:
    if name.isdecimal():
        return int(name)
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError as error:
        raise PermanentError(f"no group {name!r} on this machine; create it, or correct the target") from error
