"""Bubblewrap: namespaces of mounts, processes, network, IPC and host name; the launcher is the first process in them.

Root makes them as root, so that a folder which only root may enter can be shown; the launcher then gives up root.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from grace_workers.adapters.sandbox.places import Places
from grace_workers.adapters.sandbox.rung import launcher

# What the launcher needs to become another user, and to count and end that user's processes.
_KEPT = ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP", "CAP_KILL", "CAP_SYS_PTRACE", "CAP_DAC_READ_SEARCH")
_NAMESPACES = ("--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bubblewrap:
    """The two rungs by bubblewrap: with its own /proc, or with the machine's if a container allows no other."""

    own_proc: bool
    own_mounts: bool = True

    @property
    def level(self) -> str:
        """Its name."""
        return "bubblewrap" if self.own_proc else "bubblewrap-bound-proc"

    @property
    def mend(self) -> str:
        """What would make it work."""
        return "install the package bubblewrap, version 0.7 or newer, and allow user namespaces"

    def missing(self) -> str | None:
        """Return what it lacks."""
        return None if shutil.which("bwrap") else "bwrap is not on the PATH"

    def command(self, places: Places, control: int) -> Sequence[str]:
        """Return bwrap with its mounts, and the launcher in it."""
        privileges = ["--cap-drop", "ALL", *_options("--cap-add", _KEPT)] if os.geteuid() == 0 else ["--unshare-user"]
        return [
            shutil.which("bwrap") or "bwrap",
            *_NAMESPACES,
            *privileges,
            *("--as-pid-1", "--hostname", "sandbox", "--chdir", "/"),
            *self._mounts(places),
            "--",
            *launcher(control),
        ]

    def _mounts(self, places: Places) -> Iterator[str]:
        yield from ("--proc", "/proc") if self.own_proc else ("--ro-bind", "/proc", "/proc")
        yield from ("--dev", "/dev")
        for private in ("/dev/shm", "/tmp"):  # noqa: S108 - both are private inside
            yield from ("--perms", "1777", "--size", str(places.disk), "--tmpfs", private)
        yield from ("--remount-ro", "/dev")
        shown = dict.fromkeys(places.shown(), "--ro-bind") | dict.fromkeys(places.writable, "--bind")
        # A folder inside another is mounted after it.
        for path in sorted(shown, key=lambda path: len(path.parts)):
            yield from _mount(path, shown[path])
        yield from ("--remount-ro", "/")


def _mount(path: Path, how: str) -> tuple[str, ...]:
    if path.parent == Path("/") and path.is_symlink():
        # Such as /bin, if programs are in /usr.
        return ("--symlink", str(path.readlink()), str(path))
    return (how, str(path), str(path))


def _options(name: str, values: Sequence[str]) -> Iterator[str]:
    for value in values:
        yield from (name, value)
