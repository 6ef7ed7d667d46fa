"""A small file system of its own, so that a full one is really full."""

import os
import subprocess
from pathlib import Path

from tests.drills.stage import Stage

SIZE = 10_000_000
FILES = 500
# The bit of CAP_SYS_ADMIN in the capabilities of a process.
_MAY_MOUNT = 1 << 21


def missing() -> str:
    """Return why no file system can be mounted here; empty if one can."""
    held = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("CapEff"))
    return "" if int(held.split()[1], 16) & _MAY_MOUNT else "only a user who may mount file systems can fill one"


def small_disk(stage: Stage) -> Path:
    """Mount one of 10 MB and 500 inodes; it is gone with the stage."""
    place = stage.path("disk")
    place.mkdir()
    options = f"size={SIZE},nr_inodes={FILES},mode=0755,uid={os.getuid()},gid={os.getgid()}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "drill", place], check=True)
    stage.stack.callback(subprocess.run, ["umount", place], check=True)
    return place


def used(place: Path) -> float:
    """Return the share of its space in use."""
    said = os.statvfs(place)
    return 1 - said.f_bavail / said.f_blocks


def used_inodes(place: Path) -> float:
    """Return the share of its inodes in use."""
    said = os.statvfs(place)
    return 1 - said.f_favail / said.f_files
