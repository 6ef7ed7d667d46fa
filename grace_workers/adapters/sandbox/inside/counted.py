"""How many threads already count against a limit of processes."""

from __future__ import annotations

import os
import resource

_NOISE = 8
_MOST = 1 << 22


def threads_of_user() -> int:
    """Return how many threads of our user the kernel counts, within a few.

    It counts them on the whole machine (setrlimit(2), RLIMIT_NPROC), also those that /proc does not show in a container
    or to its users, and says how many only by refusing a fork. So what can be seen is tried first, then more.

    Raises:
        OSError: the user may start no process at all.
    """
    seen = _seen()
    if _suffices(seen + _NOISE):
        return seen
    low, span = seen + _NOISE, _NOISE
    while low + span < _MOST and not _suffices(low + span):
        low, span = low + span, span * 2
    while span > _NOISE:
        span //= 2
        if not _suffices(low + span):
            low += span
    return low + span


def _seen() -> int:
    found, user = 0, os.getuid()
    for name in [name for name in os.listdir("/proc") if name.isdigit()]:
        try:
            if os.stat(f"/proc/{name}").st_uid == user:
                found += len(os.listdir(f"/proc/{name}/task"))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def _suffices(limit: int) -> bool:
    """Return whether a process of this user can fork under that limit, or has a lower one in any case."""
    child = os.fork()
    if child == 0:
        refused = True
        try:
            refused = _refuses_a_fork(limit)
        finally:
            # A fork may not run the parent's code.
            os._exit(refused)
    return os.waitpid(child, 0)[1] == 0


def _refuses_a_fork(limit: int) -> bool:
    _, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    if hard != resource.RLIM_INFINITY and hard <= limit:
        return False
    try:
        resource.setrlimit(resource.RLIMIT_NPROC, (limit, limit))
        child = os.fork()
    except OSError:
        return True
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return False
