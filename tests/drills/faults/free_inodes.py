"""Forgotten sessions use up the inodes of a file system that has much space."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from tests.drills.drill import Drill
from tests.drills.grounds import disks

DAYS = 86_400


class NoInodes(Drill):
    """The red herring is a file system whose space is nearly used, by few files."""

    signal = "NodeFilesystemAlmostOutOfFiles"

    @classmethod
    def missing(cls) -> str:
        return disks.missing()

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.disk = disks.small_disk(self.stage)
        self.sessions = self.disk / "sessions"
        self.sessions.mkdir()
        (self.disk / "orders.db").write_bytes(b"kept")
        said = {"root": str(self.disk), "stash": str(self.stage.folder / "stash")}
        labels = {"disks": str(self.disk), "spool": "spool", "removable": "sessions/*"}
        return [
            {"name": "subject", "kind": "host", "owner": "internal", "connection": {}, "labels": labels},
            {"name": "spool", "kind": "files", "owner": "internal", "connection": said},
        ]

    def break_it(self) -> None:
        number = 0
        while self.well():
            path = self.sessions / f"{number}"
            path.touch()
            os.utime(path, (path.stat().st_mtime - 3 * DAYS,) * 2)
            number += 1

    def revert(self) -> None:
        for path in self.sessions.iterdir():
            path.unlink()

    def well(self) -> bool:
        """Return whether a new customer gets a session."""
        try:
            (self.sessions / "new").touch()
        except OSError:
            return False
        (self.sessions / "new").unlink()
        return (self.disk / "orders.db").exists()

    def mislead(self) -> None:
        (self.disk / "large").write_bytes(b"x" * 9_000_000)

    def clear(self) -> None:
        (self.disk / "large").unlink()


DRILL = NoInodes
