"""The logging levels of a running process, changed through a control file that the process watches.

We write `{"nonce", "levels": {logger: level}, "watch": [logger]}` to the control file; the listener in the process
(`grace_workers.LevelControl`) applies the levels and answers in `<control file>.state` with the same nonce and the
levels in force. What is not answered was not done.
"""

import json
import time
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from secrets import token_hex
from typing import Annotated

from pydantic import Field, ValidationError

from grace_workers.actions import LogLevels
from grace_workers.foundation.document import Lenient
from grace_workers.foundation.errors import InputError, TransientError
from grace_workers.foundation.plain_file import locked, read_small, replace_file, translated

_EVERY = 0.01
_LARGEST = 1 << 20
_LEVELS = frozenset({"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"})


class _Control(Lenient):
    nonce: str = ""
    levels: dict[str, str] = Field(default_factory=dict)


class _State(Lenient):
    nonce: Annotated[str, Field(max_length=64)]
    effective: dict[str, str]


class ControlFile(LogLevels):
    """The levels of the process that watches `path`. `patience` is how long an answer may take."""

    def __init__(self, path: Path, *, patience: timedelta = timedelta(seconds=2)) -> None:
        self._path = path
        self._patience = patience

    def level(self, logger: str) -> str:
        with self._alone():
            return self._exchange(self._control().levels, logger)

    def set_level(self, logger: str, level: str | None) -> str:
        if level is not None and level not in _LEVELS:
            raise InputError(f"level {level[:20]!r} is not one of {', '.join(sorted(_LEVELS))}")
        with self._alone():
            levels = dict(self._control().levels)
            levels.pop(logger, None)
            if level is not None:
                levels[logger] = level
            return self._exchange(levels, logger)

    def own_level(self, logger: str) -> str | None:
        with self._alone():
            return self._control().levels.get(logger)

    def _alone(self) -> AbstractContextManager[int]:
        with translated(f"folder of control file {str(self._path)!r}"):
            self._open_folder()
            return locked(self._path.with_name(f".{self._path.name}.lock"))

    def _open_folder(self) -> None:
        if not self._path.parent.exists():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # The process that listens may run as another user.
            self._path.parent.chmod(0o755)

    def _control(self) -> _Control:
        with translated(f"control file {str(self._path)!r}"):
            if not self._path.exists():
                return _Control()
            raw = read_small(self._path, most=_LARGEST)
        try:
            return _Control.model_validate_json(raw)
        except ValidationError as error:
            raise InputError(f"control file {str(self._path)!r} was not written by Grace; remove it") from error

    def _exchange(self, levels: dict[str, str], logger: str) -> str:
        nonce = token_hex(8)
        content = json.dumps({"nonce": nonce, "levels": levels, "watch": [logger]}).encode()
        with translated(f"control file {str(self._path)!r}"):
            replace_file(self._path, content, mode=0o644)
        return self._answer(nonce, logger)

    def _answer(self, nonce: str, logger: str) -> str:
        deadline = time.monotonic() + self._patience.total_seconds()
        while time.monotonic() < deadline:
            state = self._state()
            if state is not None and state.nonce == nonce and logger in state.effective:
                return state.effective[logger]
            time.sleep(_EVERY)
        raise TransientError(
            f"no process answers on {str(self._path)!r}; it must be running and call "
            f"grace_workers.LevelControl({str(self._path)!r}).start()"
        )

    def _state(self) -> _State | None:
        try:
            return _State.model_validate_json(
                read_small(self._path.with_name(f"{self._path.name}.state"), most=_LARGEST)
            )
        except (OSError, ValidationError):
            # An unreadable file does not count as an answer.
            return None
