"""The steps of a child between fork and exec: it gives up whatever the program must not have, and becomes it."""

from __future__ import annotations

import os
import resource

from . import kernel, landlock, seccomp
from .request import LaunchRequest

# A core dump must go nowhere: a limit of 0 would still start the program that collects cores, a limit of 1 does not
# (core(5)).
_NO_CORE = 1
_LOCKED = 1 << 16
_FIRST_TO_KILL = "1000"
# The supervisor, which watches the limits, must get the processor before the program that may exceed them.
_NICER = 5


def become(request: LaunchRequest, stdout: int, stderr: int, threads_before: int) -> None:
    """Confine this process and become the program. `threads_before` are the user's threads that already count.

    Raises:
        OSError: a step is refused.
    """
    os.setsid()
    os.dup2(stdout, 1)
    os.dup2(stderr, 2)
    kernel.show_memory()
    _prefer_for_killing()
    os.nice(_NICER)
    os.chdir(request.folder)
    _limit(request, threads_before)
    kernel.gain_nothing_by_exec()
    if request.landlock:
        landlock.restrict(request.read, request.write, of_version=request.landlock)
    if request.uid is not None:
        _change_user(request.uid)
    kernel.die_with_parent(kernel.SIGKILL)
    for number in (kernel.SIGPIPE, kernel.SIGXFSZ):
        kernel.default_action(number)
    kernel.install_filter(_filter(request))
    os.execve(request.argv[0], request.argv, request.environment)  # noqa: S606


def _filter(request: LaunchRequest) -> bytes:
    own_files_are_safe = request.own or request.uid is not None
    return seccomp.filter_program(
        os.uname().machine,
        sockets=request.own,
        attributes=own_files_are_safe,
        truncation=own_files_are_safe or request.landlock >= landlock.CONTROLS_TRUNCATION,
    )


def _limit(request: LaunchRequest, threads_before: int) -> None:
    for which, value in (
        (resource.RLIMIT_AS, request.limit("memory")),
        (resource.RLIMIT_CPU, request.limit("cpu")),
        (resource.RLIMIT_NPROC, threads_before + request.limit("processes")),
        (resource.RLIMIT_NOFILE, request.limit("files")),
        (resource.RLIMIT_FSIZE, request.limit("file_size")),
        (resource.RLIMIT_CORE, _NO_CORE),
        (resource.RLIMIT_MEMLOCK, _LOCKED),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        _, hard = resource.getrlimit(which)
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        # At its time limit a program gets a signal that says so, and a second later one that it cannot ignore.
        resource.setrlimit(which, (most, most + 1) if which == resource.RLIMIT_CPU else (most, most))


def _prefer_for_killing() -> None:
    """Have the kernel kill the program before anything else when the machine runs out of memory."""
    try:
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
            file.write(_FIRST_TO_KILL)
    except OSError:
        # In a namespace the machine's own /proc is read-only. The limits hold without this.
        return


def _change_user(uid: int) -> None:
    """Give up root. It can still read what its rules name, even below a folder that only root may enter."""
    kernel.keep_capabilities()
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    try:
        kernel.hold_only(kernel.READ_ANY_FILE)
    except OSError:
        kernel.hold_only(None)
