"""What a stranger on the host can do to a file."""

import os
from pathlib import Path

import pytest

STRANGER = 65534


def swap_for_a_link(path: Path) -> None:
    moved = path.rename(path.with_name("moved"))
    path.symlink_to(moved)


def give_away(path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    os.chown(path, STRANGER, STRANGER)


CHANGES = {
    "writable by all": lambda path: path.chmod(0o666),
    "writable by the group": lambda path: path.chmod(0o660),
    "a stranger's": give_away,
    "a link": swap_for_a_link,
}
