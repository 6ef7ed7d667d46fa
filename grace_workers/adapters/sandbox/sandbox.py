"""The port's implementation: one rung of the ladder, and the programs started on it."""

import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

from grace_workers.adapters.sandbox import folders
from grace_workers.adapters.sandbox.confined import Confined
from grace_workers.adapters.sandbox.inside import landlock
from grace_workers.adapters.sandbox.inside.request import LaunchRequest
from grace_workers.adapters.sandbox.landlock import DEVICES, FIGURES
from grace_workers.adapters.sandbox.launcher import Launcher
from grace_workers.adapters.sandbox.places import Places
from grace_workers.adapters.sandbox.rung import Rung
from grace_workers.adapters.sandbox.users import Lent, user_for
from grace_workers.coding import SandboxLimits
from grace_workers.foundation.errors import InputError, PermanentError

_PATH = "/usr/local/bin:/usr/bin:/bin"
_OWN_TEMPORARY = Path("/tmp")  # noqa: S108 - a private one, inside a namespace
_NOTHING: Mapping[str, str] = MappingProxyType({})


class RungSandbox:
    """Starts programs confined by one rung."""

    def __init__(self, rung: Rung) -> None:
        self._rung = rung

    @property
    def level(self) -> str:
        """The rung in use."""
        return self._rung.level

    def start(
        self,
        argv: Sequence[str],
        *,
        folder: Path,
        writable: Sequence[Path] = (),
        readable: Sequence[Path] = (),
        limits: SandboxLimits,
        environment: Mapping[str, str] = _NOTHING,
    ) -> Confined:
        """Start a program in `folder`. It writes only below `writable` and to a private temporary folder.

        A program that root starts gets its own user, to whom `writable` belongs while it runs, so two
        concurrent programs cannot share a folder to write to.

        Raises:
            InputError: there is no such program or folder.
            PermanentError: it cannot be started; the message says what is missing and how to fix it.
        """
        places = _places(folder, readable, writable, limits.disk)
        command = [_program(argv, environment), *argv[1:]]
        launcher = self._launch(places)
        user = user_for(launcher.process.pid)
        try:
            private, lent = self._lent(places, user)
        except OSError as error:
            launcher.end()
            raise PermanentError(f"the sandbox cannot lend what is to be written to its user: {error}") from error

        def clean_up() -> None:
            lent.take_back()
            if private is not None:
                folders.remove(private)

        # One that has already ended has said why, and is read next.
        with suppress(BrokenPipeError, ConnectionResetError):
            launcher.tell(self._request(command, places, private, user, limits, environment).written())
        return Confined(launcher, clean_up)

    def _lent(self, places: Places, user: int | None) -> tuple[Path | None, Lent]:
        """Return a private folder, if the rung needs one, and what is lent with it. On OSError, nothing is left."""
        private = None if self._rung.own_mounts else folders.private()
        try:
            return private, Lent([*places.writable, *([private] if private else [])], user)
        except OSError:
            if private is not None:
                folders.remove(private)
            raise

    def _launch(self, places: Places) -> Launcher:
        try:
            return Launcher(lambda control: self._rung.command(places, control))
        except OSError as error:
            raise PermanentError(f"the sandbox cannot be started: {error}; {self._rung.mend}") from error

    def _request(
        self,
        argv: list[str],
        places: Places,
        private: Path | None,
        user: int | None,
        limits: SandboxLimits,
        environment: Mapping[str, str],
    ) -> LaunchRequest:
        own = self._rung.own_mounts
        temporary = str(private or _OWN_TEMPORARY)
        shared_memory = ["/dev/shm"] if own else []  # noqa: S108 - a private one too
        writable = [*map(str, places.writable), temporary]
        return LaunchRequest(
            argv=argv,
            folder=str(places.folder),
            environment={"PATH": _PATH, "HOME": temporary, "TMPDIR": temporary, "LC_ALL": "C.UTF-8", **environment},
            read=[*map(str, places.shown()), *FIGURES],
            write=[*writable, *DEVICES],
            watch=[*writable, *shared_memory],
            landlock=0 if own else landlock.version(),
            own=own,
            uid=user,
            limits=_in_seconds(limits),
        )


def _places(folder: Path, readable: Sequence[Path], writable: Sequence[Path], disk: int) -> Places:
    for path in (folder, *readable, *writable):
        if not path.is_absolute() or not path.exists():
            raise InputError(f"the sandbox cannot show {str(path)!r}: name an absolute path that exists")
    return Places(folder=folder, readable=readable, writable=writable, disk=disk)


def _program(argv: Sequence[str], environment: Mapping[str, str]) -> str:
    found = shutil.which(argv[0], path=environment.get("PATH", _PATH))
    if found is None:
        raise InputError(f"there is no program {argv[0]!r}; name one on the PATH, or its whole path")
    return found


def _in_seconds(limits: SandboxLimits) -> dict[str, float]:
    return {
        name: value.total_seconds() if isinstance(value, timedelta) else value for name, value in asdict(limits).items()
    }
