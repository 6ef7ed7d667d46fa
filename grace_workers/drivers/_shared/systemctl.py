"""`systemctl`: one service manager, the system's or a user's, with its errors translated to GraceErrors."""

import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from grace_workers.drivers._shared.program import Ran, run
from grace_workers.foundation.errors import NotFoundError, PermanentError, TransientError

_PROGRAM = "systemctl"
_REFUSED = ("access denied", "permission denied", "interactive authentication required", "not authorized")
_UNREACHABLE = (
    "failed to connect to bus",
    "has not been booted with systemd",
    "connection refused",
    "transport endpoint",
)


class Systemctl:
    """One service manager."""

    def __init__(self, *, user: bool, runtime_dir: Path | None, patience: timedelta) -> None:
        self._arguments = ("--user",) if user else ("--system",)
        folder = runtime_dir or Path(f"/run/user/{os.getuid()}")
        self._env = {"XDG_RUNTIME_DIR": str(folder)} if user else {}
        self.patience = patience

    def do(self, verb: str, *arguments: str) -> str:
        """Run a verb and return its output.

        Raises:
            NotFoundError: there is no such unit.
            TransientError: the manager cannot be reached, or does not answer in time.
            PermanentError: the manager refuses, or the job failed.
        """
        ran = self._run(verb, arguments)
        if ran.code != 0:
            raise _error(ran, verb)
        return ran.out

    def show(self, unit: str, properties: Sequence[str]) -> Sequence[Mapping[str, str]]:
        """Return the properties of each loaded unit that matches the name or pattern. Raises the errors of `do`."""
        out = self.do("show", f"--property={','.join(properties)}", "--", unit)
        return [_properties(block) for block in out.split("\n\n") if block.strip()]

    def _run(self, verb: str, arguments: Sequence[str]) -> Ran:
        command = [_PROGRAM, *self._arguments, "--no-pager", "--no-ask-password", "--quiet", verb, *arguments]
        return run(command, patience=self.patience, env=self._env)


def _properties(block: str) -> Mapping[str, str]:
    pairs = (line.partition("=") for line in block.splitlines())
    return {name: value for name, _, value in pairs}


def _error(ran: Ran, verb: str) -> Exception:
    words = f"systemctl {verb}: {ran.words}"
    said = f"{ran.err}{ran.out}".lower()
    if any(one in said for one in _UNREACHABLE):
        return TransientError(f"{words}; is systemd running here, and may Grace's user reach it?")
    if any(one in said for one in _REFUSED):
        return PermanentError(f"{words}; allow it to Grace's user with a polkit rule for this unit")
    if "not found" in said or "not loaded" in said:
        return NotFoundError(words)
    return PermanentError(words)
