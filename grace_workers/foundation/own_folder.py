"""Temporary folders whose names say which process must remove them, so that a killed one leaves none for long."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from grace_workers.foundation.plain_file import room_in


@contextmanager
def own_folder(kind: str) -> Iterator[Path]:
    """Yield a new folder for things of a `kind`, removed at the end; first remove those whose processes have ended.

    Raises:
        PermanentError: there is no room for what is written to it.
    """
    _sweep(f"{kind}-")
    with (
        room_in(Path(tempfile.gettempdir())),
        tempfile.TemporaryDirectory(prefix=f"{kind}-{os.getpid()}-") as name,
    ):
        yield Path(name)


def _sweep(start: str) -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{start}*-*"):
        process = folder.name.removeprefix(start).partition("-")[0]
        with suppress(OSError):
            mine = folder.lstat().st_uid == os.geteuid() and not folder.is_symlink()
            if mine and process.isdigit() and not Path("/proc", process).exists():
                shutil.rmtree(folder, ignore_errors=True)
