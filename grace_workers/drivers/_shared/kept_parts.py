"""Parts of safe points: the items of a target, kept in an archive, compared with it and put back.

An archive has one member an item, and a manifest that says which, how each is recognised, what was declared to be kept,
and of what it was kept.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, cast
from zipfile import BadZipFile, ZipFile

from grace_workers.actions import CopyPlace, DriverContext, KeptPart, SafePoints, declared_place
from grace_workers.drivers._shared.kept_items import Capped, Items, KeptItem, Nowhere
from grace_workers.drivers._shared.part_files import PartFiles
from grace_workers.drivers._shared.safe_point import SafePoint
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import ConflictError, IntegrityError, PermanentError
from grace_workers.foundation.plain_file import translated

_LARGEST_MANIFEST = 64 << 20


class _Manifest(Document):
    unit: str
    scope: tuple[str, ...]
    of: str = ""
    items: tuple[KeptItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRoom:
    """Where the parts of a target lie and how long, how many bytes its content may have, and what is to be kept.

    `of` tells the thing that the target is from others that may be declared under its name.
    """

    folder: Path
    keep: timedelta
    largest: int
    scope: Sequence[str]
    unit: str
    of: Callable[[], str]


def part_room(
    context: DriverContext, said: SafePoint, *, scope: Sequence[str], unit: str, of: Callable[[], str]
) -> PartRoom:
    """Return the room of a target's parts. What was discovered is another thing once its incarnation is another."""
    target, data_dir, found = context.target.name, context.data_dir, context.target.incarnation
    own = CopyPlace.PARTS.of(target, data_dir)
    return PartRoom(
        folder=own if said.folder is None else declared_place(said.folder / target, target, data_dir),
        keep=said.keep,
        largest=said.largest,
        scope=scope,
        unit=unit,
        of=of if found is None else lambda: f"{of()} ({found})",
    )


class KeptParts(SafePoints, ABC):
    """Keeps, compares and puts back the items that a driver opens."""

    def __init__(self, room: PartRoom) -> None:
        self._room = room
        self._files = PartFiles(room.folder, room.keep)

    @abstractmethod
    def opened(self, *, writing: bool) -> AbstractContextManager[Items]:
        """Yield the items as they are now; with `writing`, what is written counts once the block is left."""

    def has(self, key: str) -> bool:
        """Return whether there is such a part."""
        return self._files.has(key)

    def items_of(self, key: str) -> Sequence[KeptItem]:
        """Return what a part holds."""
        with self._files.opened(key, None) as (archive, _):
            return _manifest(key, archive).items

    def keep(self, key: str) -> KeptPart:
        if not self._files.has(key):
            self._files.build(key, self._fill)
        return self._part(key)

    def kept(self, key: str) -> KeptPart | None:
        return self._part(key) if self._files.has(key) else None

    def _part(self, key: str) -> KeptPart:
        with self._files.opened(key, None) as (archive, sha256), translated(f"part {key!r}"):
            manifest = _manifest(key, archive)
            return KeptPart(
                key=key,
                sha256=sha256,
                size=self._files.size(key),
                items=len(manifest.items),
                unit=manifest.unit,
                until=self._files.until(key),
            )

    def differences(self, key: str, sha256: str) -> Sequence[str]:
        with self._files.opened(key, sha256) as (archive, _):
            kept = self._items(key, archive)
            with self.opened(writing=False) as items:
                kept, now = items.expected(kept), _now(items)
        return [
            f"{self._room.unit} {one.shown} is missing"
            if one.name not in now
            else f"{self._room.unit} {one.shown} differs"
            for one in kept.values()
            if now.get(one.name) != one.sha256
        ] + [f"{self._room.unit} {KeptItem.named(name)} is new" for name in sorted(now.keys() - kept.keys())]

    def put_back(self, key: str, sha256: str, *, since: tuple[str, str]) -> int:
        with self._files.opened(*since) as (earlier, _):
            seen = self._items(since[0], earlier)
        with self._files.opened(key, sha256) as (archive, _), self.opened(writing=True) as items:
            kept, seen, now = items.expected(self._items(key, archive)), items.expected(seen), _now(items)
            changed = [name for name in sorted(kept.keys() | now.keys()) if now.get(name) != _print(kept, name)]
            for name in changed:
                if now.get(name) != _print(seen, name):
                    raise ConflictError(
                        f"{self._room.unit} {KeptItem.named(name)} was changed by others meanwhile, so nothing was "
                        f"put back; stop what writes to the target, and try again"
                    )
            if changed:
                items.write(
                    kept,
                    {name: now.get(name) for name in changed},
                    lambda item: cast("BinaryIO", archive.open(item.member)),
                )
            return len(changed)

    def forget(self, key: str) -> None:
        self._files.forget(key)

    def _fill(self, archive: ZipFile) -> None:
        found: list[KeptItem] = []
        left = self._room.largest
        of = self._room.of()
        with self.opened(writing=False) as items:
            for number, name in enumerate(items.names()):
                with archive.open(str(number), "w", force_zip64=True) as stream:
                    counted = Capped(cast("BinaryIO", stream), left, self._room.largest)
                    read = items.read(name, counted)
                left = counted.left
                if read is not None:
                    found.append(KeptItem(name=name, member=str(number), sha256=read.sha256, about=dict(read.about)))
        manifest = _Manifest(unit=self._room.unit, scope=tuple(self._room.scope), of=of, items=tuple(found))
        written = manifest.model_dump_json().encode()
        if len(written) > _LARGEST_MANIFEST:
            raise PermanentError(f"{len(found)} of `{self._room.unit}` are too many for one part; declare fewer")
        archive.writestr("manifest.json", written)

    def _items(self, key: str, archive: ZipFile) -> Mapping[str, KeptItem]:
        manifest = _manifest(key, archive)
        if (manifest.unit, manifest.scope) != (self._room.unit, tuple(self._room.scope)):
            then, now = ", ".join(manifest.scope), ", ".join(self._room.scope)
            raise ConflictError(
                f"part {key!r} holds {then[:200]!r}, and the target now declares {now[:200]!r} for its safe points; "
                f"declare the same again to use this part"
            )
        if manifest.of and manifest.of != (of := self._room.of()):
            raise ConflictError(
                f"part {key!r} was kept of {manifest.of[:200]!r}, and the target is {of[:200]!r} now, so nothing is "
                f"done; declare the one that was kept again to use this part"
            )
        return {one.name: one for one in manifest.items}


def _manifest(key: str, archive: ZipFile) -> _Manifest:
    try:
        with archive.open("manifest.json") as stream:
            return _Manifest.model_validate_json(stream.read(_LARGEST_MANIFEST))
    except (KeyError, ValueError, BadZipFile) as error:
        raise IntegrityError(f"part {key!r} has no manifest that this release reads") from error


def _now(items: Items) -> Mapping[str, str]:
    read = ((name, items.read(name, Nowhere())) for name in items.names())
    return {name: found.sha256 for name, found in read if found is not None}


def _print(kept: Mapping[str, KeptItem], name: str) -> str | None:
    return kept[name].sha256 if name in kept else None
