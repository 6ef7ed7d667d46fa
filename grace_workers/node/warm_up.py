"""Warm-up: what makes the start of the processes faster, and the snapshot that carries it from one boot to the next."""

import compileall
import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path

import structlog
from pydantic import Field

from grace_workers.fleet import Absent, Limited, Readiness, Ready
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.own_file import read_own, write_own
from grace_workers.foundation.version import __version__
from grace_workers.node.ports import BootStep

_FILE = "warm.json"
_MOST_FILES = 5000
_PACKAGE = Path(__file__).parents[1]

log = structlog.get_logger()


class WarmSnapshot(Document):
    """What one boot leaves to the next. `took` are seconds by kernel, `playbooks` digests by file, `files` code."""

    version: str
    at: datetime
    took: Mapping[str, float] = Field(default_factory=dict)
    playbooks: Mapping[str, str] = Field(default_factory=dict)
    files: Sequence[str] = ()


class NodeWarmUp:
    """The warm-up of one node. `restored` is the last snapshot, once `steps` were taken; None without a sound one."""

    def __init__(self, data_dir: Path, playbooks: Sequence[Path]) -> None:
        """`playbooks` are the folders that they come from."""
        self._playbooks = tuple(playbooks)
        self._path = data_dir / _FILE
        self.restored: WarmSnapshot | None = None

    def steps(self) -> Sequence[BootStep]:
        """Return the steps; the snapshot is read at once."""
        self.restored, ignored = self._read()
        return [
            BootStep("bytecode", _compile),
            BootStep("playbooks read", self._compare_playbooks),
            BootStep("caches", lambda: self._read_ahead(ignored)),
            BootStep("models", lambda: Absent("the first decision that needs a model loads it")),
        ]

    def usual(self) -> Mapping[str, float]:
        """Return how many seconds each kernel took to come up at the last boot."""
        return {} if self.restored is None else self.restored.took

    def keep(self, took: Mapping[str, float]) -> None:
        """Write the snapshot. A disk that refuses it costs only warmth, and is logged."""
        kept = WarmSnapshot(
            version=__version__,
            at=datetime.now(UTC),
            took=dict(took),
            playbooks=_digests(self._playbooks),
            files=loaded_files().splitlines(),
        )
        body = kept.model_dump_json()
        try:
            write_own(self._path, json.dumps({"sha256": _digest(body.encode()), "body": body}))
        except OSError as error:
            log.warning("warm_snapshot_not_kept", file=str(self._path), error=str(error))

    def _read(self) -> tuple[WarmSnapshot | None, str | None]:
        """Return the snapshot, or None and why there is none to use."""
        try:
            found = WarmSnapshot.read(json.loads(_sound(read_own(self._path))), str(self._path))
        except FileNotFoundError:
            return None, "no snapshot yet"
        except (OSError, ValueError, KeyError, TypeError, InputError) as error:
            log.warning("warm_snapshot_ignored", file=str(self._path), error=str(error))
            return None, f"a usable snapshot; the last one is broken and was ignored: {error}"
        if found.version != __version__:
            return None, f"a snapshot of this release (the last one is from {found.version})"
        return found, None

    def _compare_playbooks(self) -> Readiness:
        now = _digests(self._playbooks)
        if self.restored is None:
            return Ready(f"{len(now)} files")
        known = self.restored.playbooks
        changed = sum(1 for name, digest in now.items() if known.get(name) != digest)
        return Ready(
            f"{len(now)} files; {changed} changed and {len(known.keys() - now.keys())} removed since the last boot"
        )

    def _read_ahead(self, ignored: str | None) -> Readiness:
        if self.restored is None:
            return Limited("nothing to restore", ignored or "a snapshot")
        files = self.restored.files[:_MOST_FILES]
        count = sum(1 for name in files if _advise(name))
        return Ready(f"{count} files of code read ahead, as of {self.restored.at.astimezone():%Y-%m-%d %H:%M}")


def _sound(text: str) -> str:
    """Return the body of a snapshot. Raises InputError when its digest does not match."""
    outer = json.loads(text)
    body = str(outer["body"])
    if _digest(body.encode()) != outer["sha256"]:
        raise InputError("its digest does not match")
    return body


def _compile() -> Readiness:
    """Compile what has no fresh bytecode yet, so that not every process does it for itself."""
    if not os.access(_PACKAGE, os.W_OK) or sys.dont_write_bytecode:
        why = "PYTHONDONTWRITEBYTECODE forbids it" if sys.dont_write_bytecode else f"{_PACKAGE} cannot be written"
        return Limited("the code is unchanged since its installation", f"fresh bytecode: {why}")
    whole = compileall.compile_dir(str(_PACKAGE), quiet=2)
    count = sum(1 for _ in _PACKAGE.rglob("*.py"))
    return Ready(f"{count} modules compiled") if whole else Limited(f"{count} modules", "bytecode for some of them")


def _digests(folders: Sequence[Path]) -> Mapping[str, str]:
    found = {}
    for folder in folders:
        with suppress(OSError):
            # A folder that cannot be read is the preflight's to refuse.
            found.update({str(file): _digest(file.read_bytes()) for file in sorted(folder.glob("*.y*ml"))})
    return found


@cache
def loaded_files() -> str:
    """Return the files from which this process had loaded code at the first call, one a line.

    One text, because a process that shares its memory with others makes each page its own that it looks at.
    """
    places = (getattr(one, "__cached__", None) or getattr(one, "__file__", None) for one in list(sys.modules.values()))
    return "\n".join(place for place in places if isinstance(place, str))


def _advise(name: str) -> bool:
    """Ask the system to have that file in memory soon."""
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_WILLNEED)
    finally:
        os.close(descriptor)
    return True


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()
