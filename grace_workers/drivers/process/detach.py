"""A shim that leaves a program running on its own: in a new session, as an orphan, with its pid file written first.

Run as a script (`python -I -S detach.py PID_FILE LOCK_FD MARK UMASK ACCOUNT LOG -- PROGRAM ARGS`), so it imports only
the standard library. The process that becomes the program writes the pid file before it does so, so that no death of
the starter can leave a program running unrecorded. The lock stays held until the program has started.

`ACCOUNT` is `uid:gid:group,group`, `LOG` a path, and either may be `-` for none. The pid file is written before the
switch to the account, so it stays ours; the log is opened after it, so that no link in a service's own folder can point
us to a file that only we may write.

Exit 0: the program runs. Exit 126: it could not be run; standard error says why.
"""

import fcntl
import os
import sys
from collections.abc import Callable

REFUSED = 126
MARK = "GRACE_SERVICE_MARK"
_APPENDING = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC


def main(arguments: list[str]) -> None:
    """Fork, and exit once the child has become the program."""
    pid_file, lock, mark, umask, account, log, _, *command = arguments
    reading, writing = os.pipe2(os.O_CLOEXEC)
    if os.fork() == 0:
        _become(lambda: _prepare(pid_file, int(lock), mark, (umask, account, log)), mark, command, writing)
    os.close(writing)
    with os.fdopen(reading) as news:
        if reason := news.read():
            sys.stderr.write(reason)
            sys.exit(REFUSED)


def _become(prepare: Callable[[], None], mark: str, command: list[str], writing: int) -> None:
    try:
        prepare()
        os.execvpe(command[0], command, {**os.environ, MARK: mark})  # noqa: S606
    except OSError as error:
        os.write(writing, f"{error.strerror}: {error.filename or command[0]}".encode())
    finally:
        os._exit(REFUSED)


def _prepare(pid_file: str, lock: int, mark: str, looks: tuple[str, str, str]) -> None:
    umask, account, log = looks
    os.setsid()
    fcntl.fcntl(lock, fcntl.F_SETFD, fcntl.FD_CLOEXEC)
    write_pid_file(pid_file, os.getpid(), mark)
    if account != "-":
        uid, gid, groups = account.split(":")
        os.setgroups([int(group) for group in groups.split(",")])
        os.setresgid(int(gid), int(gid), int(gid))
        os.setresuid(int(uid), int(uid), int(uid))
    os.umask(int(umask, 8))
    # Without O_NONBLOCK, a FIFO in place of the log would wait for a reader for ever.
    output = os.open(os.devnull if log == "-" else log, _APPENDING, 0o640)
    os.set_blocking(output, True)
    # Our standard error is the starter's pipe; the program's goes where its output goes.
    os.dup2(output, 1)
    os.dup2(output, 2)


def write_pid_file(path: str, pid: int, mark: str) -> None:
    """Write pid, start time, boot id and mark, a line each, in one atomic step."""
    beside = f"{path}.{pid}.new"
    if os.path.lexists(beside):
        os.unlink(beside)  # noqa: PTH108 - as above
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, f"{pid}\n{start_time(pid)}\n{boot_id()}\n{mark}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.replace(beside, path)  # noqa: PTH105 - the shim starts faster without pathlib


def start_time(pid: int) -> int:
    """Return when the process started, in clock ticks since the machine's start."""
    with open(f"/proc/{pid}/stat", "rb") as stream:  # noqa: PTH123 - the shim starts faster without pathlib
        # The second field is the program's name in brackets and may itself contain brackets and blanks.
        return int(stream.read().rpartition(b")")[2].split()[19])


def boot_id() -> str:
    """Return the id of the machine's current run."""
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as stream:  # noqa: PTH123 - as above
        return stream.read().strip()


if __name__ == "__main__":
    main(sys.argv[1:])
