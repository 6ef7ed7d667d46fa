"""`LevelControl`: lets grace change the logging levels of the process that starts it.

A daemon thread watches a control file. It sets the levels named there, restores the previous level of a logger that is
no longer named, and answers in `<control file>.state`. It imports only the standard library and never raises into the
process. Anyone who can write the control file decides the levels, so keep it in a private folder.
"""

import json
import logging
import os
import threading
from pathlib import Path
from typing import Any

_LEVELS = {name: getattr(logging, name) for name in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")}
_LARGEST = 1 << 20
_FOREIGN_WRITERS = 0o022


class LevelControl:
    """Takes logging levels from the control file at `path`, looked at every `every` seconds.

    Usage: `LevelControl(path).start()`, once in a process. One process at a time may listen on a path.
    """

    def __init__(self, path: str | os.PathLike[str], *, every: float = 0.1) -> None:
        self._path = Path(path)
        self._every = every
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._seen: tuple[int, int, int] | None = None
        # The levels before ours, by logger.
        self._before: dict[str, int] = {}

    def start(self) -> "LevelControl":
        """Start listening; a second call does nothing."""
        if self._thread is None:
            self._stopping.clear()
            self._thread = threading.Thread(target=self._listen, name="grace-level-control", daemon=True)
            self._thread.start()
        return self

    def stop(self) -> None:
        """Stop listening and restore every level that was set."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
            self._seen = None
        self._apply({})

    def _listen(self) -> None:
        while not self._stopping.is_set():
            try:
                self._look()
            except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
                # A bad control file must not affect the process; grace notices that there is no answer.
                logging.getLogger("grace_workers").debug("control file %s: %s", self._path, error)
            self._stopping.wait(self._every)

    def _look(self) -> None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            if self._seen is not None:
                self._seen = None
                self._apply({})
            return
        mark = (found.st_ino, found.st_mtime_ns, found.st_size)
        if mark == self._seen:
            return
        self._seen = mark
        control = json.loads(self._read())
        levels = {name: _LEVELS[level] for name, level in control["levels"].items() if level in _LEVELS}
        self._apply(levels)
        self._answer(str(control["nonce"]), [*levels, *control["watch"]])

    def _read(self) -> bytes:
        """Return the content, if only root, this user or the owner of the folder may change it."""
        descriptor = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            if found.st_size > _LARGEST:
                raise ValueError(f"larger than {_LARGEST} bytes")
            writers = {0, os.geteuid(), self._path.parent.stat().st_uid}
            if found.st_uid not in writers or found.st_mode & _FOREIGN_WRITERS:
                raise ValueError(f"other users can change it (uid {found.st_uid}, mode {found.st_mode & 0o777:04o})")
            return file.read(_LARGEST)

    def _apply(self, levels: dict[str, int]) -> None:
        for name in [name for name in self._before if name not in levels]:
            logging.getLogger(name or None).setLevel(self._before.pop(name))
        for name, level in levels.items():
            logger = logging.getLogger(name or None)
            self._before.setdefault(name, logger.level)
            logger.setLevel(level)

    def _answer(self, nonce: str, names: list[Any]) -> None:
        effective = {
            str(name): logging.getLevelName(logging.getLogger(str(name) or None).getEffectiveLevel()) for name in names
        }
        state = self._path.with_name(self._path.name + ".state")
        beside = state.with_name(f"{state.name}.{os.getpid()}.new")
        beside.unlink(missing_ok=True)
        # Grace may run as another user, so anyone can read the answer, whatever this process's umask; it is not secret.
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
        with os.fdopen(descriptor, "w") as file:
            os.fchmod(descriptor, 0o644)
            file.write(json.dumps({"nonce": nonce, "pid": os.getpid(), "effective": effective}))
        beside.replace(state)
