"""What a node remembers of its boots, in a small file of its data directory."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import structlog

from grace_workers.fleet import still_counting
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.own_file import read_own, write_own

_FILE = "boots.json"

log = structlog.get_logger()


class _Kept(Document):
    failed_at: tuple[datetime, ...] = ()
    under_way: datetime | None = None


class BootMemory:
    """Only for the node that holds the data directory."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / _FILE

    def failures(self) -> Sequence[datetime]:
        """Return when boots failed, oldest first; one that never ended was killed, and failed."""
        kept = self._read()
        return still_counting([*kept.failed_at, *([kept.under_way] if kept.under_way else [])], _now())

    def begin(self) -> None:
        """Record that a boot is in progress. Raises InputError when the data directory cannot be written."""
        self._write(_Kept(failed_at=tuple(self.failures()), under_way=_now()))

    def succeeded(self) -> None:
        """Forget all failures."""
        self._note(_Kept())

    def failed(self) -> None:
        """Record that the boot in progress failed."""
        # A boot in progress counts as failed until it ends well; its time becomes that of its end.
        kept = self._read()
        self._note(_Kept(failed_at=(*kept.failed_at, _now())))

    def withdraw(self) -> None:
        """Forget the boot in progress, because it was stopped on request."""
        self._note(_Kept(failed_at=self._read().failed_at))

    def _read(self) -> _Kept:
        try:
            return _Kept.read(json.loads(read_own(self._path)), str(self._path))
        except FileNotFoundError:
            return _Kept()
        except (OSError, ValueError, InputError):
            # A half-written file is the trace of a boot that was killed.
            return _Kept(under_way=datetime.fromtimestamp(self._path.stat().st_mtime, UTC))

    def _note(self, kept: _Kept) -> None:
        """Write it, or log why not: a full disk must not hide why a boot ended; an unfinished boot counts anyway."""
        try:
            self._write(kept)
        except InputError as error:
            log.error("boot_not_remembered", error=str(error))  # noqa: TRY400 - one sentence

    def _write(self, kept: _Kept) -> None:
        try:
            write_own(self._path, kept.model_dump_json())
        except OSError as error:
            raise InputError(
                f"{self._path.parent} is not writable: {error.strerror}; correct that, or choose another data directory"
            ) from error


def _now() -> datetime:
    return datetime.now(UTC)
