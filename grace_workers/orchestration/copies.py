"""Copies of what targets held, on one node: which of them belong to no target any more, and their removal.

A target may be missing from the settings by mistake, or its discovery may fail, so copies stay for a month after their
target was last seen, and for as long as a run or an incident may need them.
"""

import os
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from grace_workers.actions import CopyPlace
from grace_workers.foundation.document import Document
from grace_workers.foundation.ids import TargetName

ABSENT_FOR = timedelta(days=30)


class MissingTarget(Document):
    """A folder whose target is not declared: since when that is known, and why it could not be removed last time."""

    since: datetime
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyFolder:
    """The copies of one kind that a node keeps of one target."""

    place: CopyPlace
    target: TargetName

    @property
    def name(self) -> str:
        """Its path below the data directory."""
        return f"{self.place.value}/{self.target}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyLook:
    """What to remember of the folders without a target, and those of them that are due."""

    missing: Mapping[str, MissingTarget]
    due: Sequence[CopyFolder]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedCopies:
    """A folder that was to be removed: how many bytes its files had, and why it could not; None when it is gone."""

    folder: CopyFolder
    size: int
    why: str | None


def copy_folders(data_dir: Path) -> Sequence[CopyFolder]:
    """Return the folders of copies in a data directory, by name. Links are no folders of ours."""
    found = []
    for place in CopyPlace:
        try:
            entries = sorted(os.scandir(data_dir / place.value), key=lambda one: one.name)
        except FileNotFoundError:
            continue
        names = [one.name for one in entries if one.is_dir(follow_symlinks=False)]
        found += [CopyFolder(place=place, target=TargetName(name)) for name in names]
    return found


def judge(
    found: Sequence[CopyFolder],
    declared: Collection[TargetName],
    before: Mapping[str, MissingTarget],
    now: datetime,
    *,
    needed: Callable[[TargetName], bool],
) -> CopyLook:
    """Return which folders are due: their target has been missing for long, and nothing may need them."""
    missing = {
        one.name: before.get(one.name) or MissingTarget(since=now) for one in found if one.target not in declared
    }
    old = [one for one in found if one.name in missing and now - missing[one.name].since >= ABSENT_FOR]
    return CopyLook(missing=missing, due=[one for one in old if not needed(one.target)])


def remove(data_dir: Path, folder: CopyFolder) -> RemovedCopies:
    """Remove a folder with all that is in it. What cannot be removed stays, and is tried again at the next look."""
    path, why = folder.place.of(folder.target, data_dir), None
    size = sum(_bytes(Path(at) / name) for at, _, names in os.walk(path) for name in names)
    try:
        shutil.rmtree(path)
    except FileNotFoundError:
        pass
    except OSError as error:
        why = str(error)
    return RemovedCopies(folder=folder, size=size, why=why)


def settled(
    before: Mapping[str, MissingTarget], removed: Sequence[RemovedCopies]
) -> tuple[Mapping[str, MissingTarget], Sequence[RemovedCopies]]:
    """Return what to remember after removals, and those that are news: a folder is gone, or stays for a new reason."""
    gone = {one.folder.name for one in removed if one.why is None}
    whys = {one.folder.name: one.why for one in removed if one.why is not None}
    left = {name: one.model_copy(update={"why": whys.get(name)}) for name, one in before.items() if name not in gone}
    return left, [one for one in removed if one.why is None or one.why != before[one.folder.name].why]


def _bytes(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0
