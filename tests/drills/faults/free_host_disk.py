"""Rotated logs fill a file system of a machine."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.drills.drill import Drill
from tests.drills.grounds import disks

PART = 950_000


class FullDisk(Drill):
    """The red herring are files that are large and were removed while a program still has them open."""

    signal = "NodeFilesystemSpaceFillingUp"

    @classmethod
    def missing(cls) -> str:
        return disks.missing()

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.disk = disks.small_disk(self.stage)
        self.logs = self.disk / "logs"
        self.logs.mkdir()
        said = {"root": str(self.logs), "stash": str(self.stage.folder / "stash")}
        labels = {"disks": str(self.disk), "logs": "logs"}
        return [
            {"name": "subject", "kind": "host", "owner": "internal", "connection": {}, "labels": labels},
            {"name": "logs", "kind": "files", "owner": "internal", "connection": said},
        ]

    def break_it(self) -> None:
        for number in range(10):
            (self.logs / f"shop.log.{number}").write_bytes(b"x" * PART)

    def revert(self) -> None:
        for path in self.logs.glob("shop.log.*"):
            path.unlink()

    def well(self) -> bool:
        return disks.used(self.disk) < 0.9

    def mislead(self) -> None:
        self.deleted = (self.disk / "deleted").open("wb", buffering=0)
        self.deleted.write(b"x" * 7 * PART)
        (self.disk / "deleted").unlink()

    def clear(self) -> None:
        self.deleted.close()


DRILL = FullDisk
