"""A flagd file as a part of safe points: the file itself, with its rules and variants."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from grace_workers.drivers._shared.kept_items import KeptItem, Printed, ReadItem, Sink
from grace_workers.drivers._shared.kept_parts import KeptParts, PartRoom
from grace_workers.foundation.errors import NotFoundError, PermanentError
from grace_workers.foundation.plain_file import locked, read_small, replace_file, translated

LARGEST = 16 << 20
_NAME = "flags"


class FlagParts(KeptParts):
    """The file at `path`."""

    def __init__(self, path: Path, folder: Path) -> None:
        super().__init__(PartRoom(folder=folder, largest=LARGEST, scope=(_NAME,), unit="file"))
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
        yield _NAME

    def read(self, name: str, into: Sink) -> ReadItem | None:
        del name
        if not self._path.is_file():
            raise NotFoundError(f"flag file {str(self._path)!r} does not exist; create it or correct the target")
        raw, printed = read_small(self._path, most=LARGEST), Printed(into)
        try:
            json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise PermanentError(f"flag file {str(self._path)!r} is not JSON ({error}); restore it") from error
        printed.write(raw)
        return ReadItem(sha256=printed.sha256)

    def expected(self, kept: Mapping[str, KeptItem]) -> Mapping[str, KeptItem]:
        return kept

    def write(
        self, kept: Mapping[str, KeptItem], changed: Mapping[str, str | None], content: Callable[[KeptItem], BinaryIO]
    ) -> None:
        for name in changed:
            with content(kept[name]) as stream:
                replace_file(self._path, stream.read())
