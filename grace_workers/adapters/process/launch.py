"""A shim that becomes another program: ties its life to the parent's, gives up root if told to, then execs.

Run as a script (`python -I -S launch.py OPTIONS -- PROGRAM ARGS`), so it imports only the standard library and starts
in milliseconds. Its steps belong between fork and exec, where a process with threads may not run Python code.

Options: `--parent PID` exit when that process is no longer our parent; `--death-signal N` signal to receive when the
parent dies; `--become UID:GID` drop to that user; `--appear UID:GID` keep the files of the caller but be seen as that
user, with no capability, inside a user namespace of one id.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000
REFUSED = 126


def main(arguments: list[str]) -> None:
    """Apply the options, then become the program. Exits with 126 and one sentence when a step is refused."""
    split = arguments.index("--")
    options = dict(zip(arguments[:split:2], arguments[1:split:2], strict=True))
    try:
        _apply(options)
        os.execv(arguments[split + 1], arguments[split + 1 :])  # noqa: S606
    except OSError as error:
        sys.stderr.write(f"launch: {error}\n")
        sys.exit(REFUSED)


def _apply(options: dict[str, str]) -> None:
    if become := options.get("--become"):
        uid, gid = (int(part) for part in become.split(":"))
        os.setgroups([])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
    if appear := options.get("--appear"):
        _appear(*(int(part) for part in appear.split(":")))
    # A change of user clears the death signal, so it comes last.
    tie(int(options["--parent"]), int(options["--death-signal"]))


def tie(parent: int, death_signal: int) -> None:
    """Have this process get that signal when its parent dies. Raises OSError when the parent is already dead."""
    _control(PR_SET_PDEATHSIG, death_signal)
    if os.getppid() != parent:
        raise OSError("the parent is gone")


def _appear(uid: int, gid: int) -> None:
    own_uid, own_gid = os.geteuid(), os.getegid()
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "user namespaces are not permitted here")
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{uid} {own_uid} 1")
    _write("/proc/self/gid_map", f"{gid} {own_gid} 1")


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def _control(option: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl is not permitted here")


if __name__ == "__main__":
    main(sys.argv[1:])
