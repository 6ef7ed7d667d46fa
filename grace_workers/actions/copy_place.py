"""Where drivers keep copies of what targets hold: a folder for each kind of copy, and in it one for each target."""

from enum import StrEnum
from pathlib import Path

from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetName


class CopyPlace(StrEnum):
    """The folders of copies below the data directory of a node."""

    FILES = "stash"
    KEYS = "kept_keys"
    PARTS = "safe_points"

    def of(self, target: TargetName, data_dir: Path) -> Path:
        """Return where copies of one target are kept."""
        return data_dir / self.value / target


def declared_place(folder: Path, target: TargetName, data_dir: Path) -> Path:
    """Return a folder that a target declares for its copies.

    Raises:
        InputError: it lies where copies are removed once no target has the name of their folder.
    """
    real = folder.resolve()
    for place in CopyPlace:
        swept = (data_dir / place.value).resolve()
        if real.is_relative_to(swept) and not real.is_relative_to(swept / target):
            raise InputError(
                f"folder {str(folder)!r} of target {target!r} lies among those that the data directory keeps for each "
                f"target by its name, so it would be removed; choose one outside {str(swept)!r}, or leave it out"
            )
    return folder
