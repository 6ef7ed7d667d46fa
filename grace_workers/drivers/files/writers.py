"""Whether a program writes to a file: such a file would live on without a name, with all that is written to it."""

import errno
import fcntl
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@contextmanager
def unwritten(name: str, folder: int) -> Iterator[bool]:
    """Yield whether no program has the file open for writing; until the block ends, none can open it for that.

    The kernel tells it by a lease. It gives one only to the owner of a file and to root, and not on every file system;
    without one, the answer is that no program writes.
    """
    try:
        found = os.open(name, _FLAGS, dir_fd=folder)
    except PermissionError:
        yield True
        return
    try:
        yield _is_leased(found)
    finally:
        os.close(found)


def _is_leased(found: int) -> bool:
    # The kernel tells a holder of a lease of the next writer, by a signal that ends the process unless we name another.
    fcntl.fcntl(found, fcntl.F_SETSIG, signal.SIGURG)
    try:
        fcntl.fcntl(found, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return error.errno != errno.EAGAIN
    return True
