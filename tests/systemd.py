"""A real service manager for tests: `systemd --user` in a mount namespace, with a runtime folder that is shared.

The manager needs root, `unshare`, a writable cgroup hierarchy and the systemd program. Where one is missing, the tests
that ask for it skip and say which.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.waiting import until

PROGRAM = Path("/usr/lib/systemd/systemd")
CGROUPS = Path("/sys/fs/cgroup")
# A user's manager starts only where the system's has made its folder, so the mount namespace shows one.
BOOT = """
mount --make-rprivate / && mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system || exit 97
program=$1; shift
for cgroup; do echo 0 > "$cgroup/cgroup.procs" || exit 98; done
exec "$program" --user --unit=basic.target
"""


@dataclass(frozen=True)
class UserSystemd:
    """A running manager. `units` is the folder of its units."""

    runtime_dir: Path
    units: Path

    def write(self, name: str, text: str) -> None:
        """Write a unit and let the manager read it."""
        (self.units / name).write_text(text, encoding="utf-8")
        self.ctl("daemon-reload")

    def ctl(self, *arguments: str) -> str:
        """Run systemctl beside the driver under test."""
        done = subprocess.run(
            ["systemctl", "--user", "--no-pager", *arguments],
            env={**os.environ, "XDG_RUNTIME_DIR": str(self.runtime_dir)},
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextmanager
def user_systemd() -> Iterator[UserSystemd]:
    """Yield a manager of its own, and end it with all that it started."""
    missing = [name for name in ("systemctl", "unshare") if shutil.which(name) is None]
    if missing or not PROGRAM.is_file() or os.geteuid() != 0:
        pytest.skip(f"no real systemd can be started here: needs root, {PROGRAM}, systemctl and unshare")
    # The path of a socket has few bytes, so the folder is not one of pytest's.
    folder = Path(tempfile.mkdtemp(prefix="sd-", dir="/tmp"))
    # Where there are two hierarchies, a manager takes its place in one of them from either.
    roots = [CGROUPS / name for name in ("systemd", "unified") if (CGROUPS / name).is_dir()] or [CGROUPS]
    cgroups = [root / f"grace-{folder.name}" for root in roots]
    try:
        for cgroup in cgroups:
            cgroup.mkdir()
    except OSError as error:
        shutil.rmtree(folder)
        pytest.skip(f"no real systemd can be started here: cgroups cannot be made ({error.strerror})")
    units = folder / "systemd" / "user"
    units.mkdir(parents=True)
    # The user's own sockets and timers of this machine are none of the test's business.
    (units / "basic.target").write_text("[Unit]\nDescription=Nothing\n", encoding="utf-8")
    env = {"XDG_RUNTIME_DIR": str(folder), "HOME": str(folder), "PATH": os.environ["PATH"]}
    process = subprocess.Popen(
        ["unshare", "--mount", "sh", "-c", BOOT, "boot", str(PROGRAM), *map(str, cgroups)], env=env
    )
    try:
        until(lambda: _accepts(folder / "systemd" / "private") or process.poll() is not None, within=20)
        if process.poll() is not None:
            pytest.skip(f"no real systemd can be started here: it ended with {process.returncode}")
        yield UserSystemd(folder, units)
    finally:
        process.kill()
        process.wait(20)
        until(lambda: all(_ended(cgroup) for cgroup in cgroups), within=20)
        shutil.rmtree(folder)


def _accepts(place: Path) -> bool:
    """Return whether the socket is listened on; its file is there before."""
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(place)) == 0


def _ended(cgroup: Path) -> bool:
    """Kill what is left in the cgroup and remove it; return whether it is gone."""
    for procs in cgroup.rglob("cgroup.procs"):
        with suppress(OSError):
            for pid in procs.read_text().split():
                os.kill(int(pid), signal.SIGKILL)
    for path in sorted((path for path in cgroup.rglob("*") if path.is_dir()), reverse=True):
        with suppress(OSError):
            path.rmdir()
    with suppress(OSError):
        cgroup.rmdir()
    return not cgroup.exists()
