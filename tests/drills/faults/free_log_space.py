"""Rotated logs fill a folder up to its quota."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.drills.drill import Drill

QUOTA = 1_000_000


class FullLogs(Drill):
    """The red herring is one large log that is being written, within the quota."""

    signal = "DiskFull"
    cause = "disk_full"
    quick = True

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.logs = self.stage.folder / "logs"
        self.logs.mkdir()
        (self.logs / "shop.log").write_bytes(b"now")
        said = {"root": str(self.logs), "quota": QUOTA, "stash": str(self.stage.folder / "stash")}
        return [{"name": "subject", "kind": "files", "owner": "internal", "connection": said}]

    def break_it(self) -> None:
        for number in range(10):
            (self.logs / f"shop.log.{number}").write_bytes(b"x" * 95_000)

    def revert(self) -> None:
        for path in self.logs.glob("shop.log.*"):
            path.unlink()

    def well(self) -> bool:
        used = sum(path.stat().st_size for path in self.logs.rglob("*") if path.is_file())
        return used < 0.9 * QUOTA and (self.logs / "shop.log").exists()

    def mislead(self) -> None:
        (self.logs / "shop.log").write_bytes(b"x" * 800_000)

    def clear(self) -> None:
        (self.logs / "shop.log").write_bytes(b"now")


DRILL = FullLogs
