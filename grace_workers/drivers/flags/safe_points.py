"""A flagd file as a part of safe points: the file itself, with its rules and variants."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from grace_workers.drivers._shared.kept_items import KeptItem, Printed, ReadItem, Sink
from grace_workers.drivers._shared.kept_parts import KeptParts, PartRoom
from grace_workers.foundation.plain_file import locked, read_small, replace_file, sync_folder, translated

NAME = "flags"
_LARGEST = 16 << 20


class FlagParts(KeptParts):
    """The file at `path`, whatever is in it: a release may have damaged or removed it."""

    def __init__(self, path: Path, room: PartRoom) -> None:
        super().__init__(room)
        self._file = path.resolve()

    @contextmanager
    def opened(self, *, writing: bool) -> "Iterator[_FlagFile]":
        """Hold the file's lock while it is written."""
        with translated(f"flag file {str(self._file)!r}"):
            if not writing:
                yield _FlagFile(self._file)
                return
            with locked(self._file.with_name(f".{self._file.name}.lock")):
                yield _FlagFile(self._file)


class _FlagFile:
    def __init__(self, path: Path) -> None:
        self._path = path

    def names(self) -> Iterator[str]:
        yield NAME

    def read(self, name: str, into: Sink) -> ReadItem | None:
        del name
        printed = Printed(into)
        try:
            printed.write(read_small(self._path, most=_LARGEST))
        except FileNotFoundError:
            return None
        return ReadItem(sha256=printed.sha256)

    def expected(self, kept: Mapping[str, KeptItem]) -> Mapping[str, KeptItem]:
        return kept

    def write(
        self, kept: Mapping[str, KeptItem], changed: Mapping[str, str | None], content: Callable[[KeptItem], BinaryIO]
    ) -> None:
        for name in changed:
            if name in kept:
                with content(kept[name]) as stream:
                    replace_file(self._path, stream.read(), mode=0o644)
            else:
                self._path.unlink(missing_ok=True)
                sync_folder(self._path.parent)
