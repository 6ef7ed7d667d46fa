"""Rotated logs fill the volume of a service."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.drills.drill import Drill
from tests.drills.grounds import disks

PART = 950_000


class FullVolume(Drill):
    """The red herring is one large log that is being written."""

    signal = "KubePersistentVolumeFillingUp"
    playbook = "free_log_space"
    cause = "volume_full"

    @classmethod
    def missing(cls) -> str:
        return disks.missing()

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.volume = disks.small_disk(self.stage)
        (self.volume / "shop.log").write_bytes(b"now")
        said = {"root": str(self.volume), "stash": str(self.stage.folder / "stash")}
        return [{"name": "subject", "kind": "files", "owner": "internal", "connection": said}]

    def break_it(self) -> None:
        for number in range(10):
            (self.volume / f"shop.log.{number}").write_bytes(b"x" * PART)

    def revert(self) -> None:
        for path in self.volume.glob("shop.log.*"):
            path.unlink()

    def well(self) -> bool:
        """Return whether the service can write what it needs."""
        try:
            (self.volume / "upload").write_bytes(b"x" * 1_500_000)
        except OSError:
            return False
        finally:
            (self.volume / "upload").unlink(missing_ok=True)
        return (self.volume / "shop.log").exists()

    def mislead(self) -> None:
        (self.volume / "shop.log").write_bytes(b"x" * 7 * PART)

    def clear(self) -> None:
        (self.volume / "shop.log").write_bytes(b"now")


DRILL = FullVolume
