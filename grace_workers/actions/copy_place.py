"""Where drivers keep copies of what targets hold: a folder for each kind of copy, and in it one for each target."""

from enum import StrEnum
from pathlib import Path

from grace_workers.foundation.ids import TargetName


class CopyPlace(StrEnum):
    """The folders of copies below the data directory of a node."""

    FILES = "stash"
    KEYS = "kept_keys"
    PARTS = "safe_points"

    def of(self, target: TargetName, data_dir: Path) -> Path:
        """Return where copies of one target are kept."""
        return data_dir / self.value / target
