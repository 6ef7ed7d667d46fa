"""Landlock with seccomp, and the launcher as the parent of all orphans: it needs no program and no user namespace."""

import os
from collections.abc import Sequence

from grace_workers.adapters.sandbox.inside import landlock
from grace_workers.adapters.sandbox.places import Places
from grace_workers.adapters.sandbox.rung import launcher

DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
# Figures of the machine, and what the program's first process may know about itself.
FIGURES = (
    "/proc/self",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/loadavg",
    "/proc/uptime",
    "/proc/version",
    "/proc/filesystems",
    "/sys/devices/system/cpu",
)


class Landlock:
    """The rung that needs only the kernel."""

    level = "landlock"
    own_mounts = False
    mend = "run a kernel from Linux 6.12 on that is built with Landlock and starts with it (lsm=landlock,...)"

    def missing(self) -> str | None:
        """Return what it lacks."""
        if landlock.version():
            return None
        return f"Linux {os.uname().release} offers no Landlock"

    def command(self, places: Places, control: int) -> Sequence[str]:
        """Return the launcher alone."""
        del places
        return launcher(control)
