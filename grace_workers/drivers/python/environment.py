"""One Python environment: looked at by its own interpreter, changed by its own pip."""

import json
import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import Version

from grace_workers.actions import Package, Packages
from grace_workers.drivers._shared.program import Ran, run
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import InputError, NotFoundError, PermanentError
from grace_workers.foundation.own_folder import own_folder

_LOOK = Path(__file__).with_name("look.py")
_VERSION = re.compile(r"[0-9][A-Za-z0-9.!+]*")
_PIP = ("-I", "-m", "pip", "--isolated", "--no-input", "--disable-pip-version-check", "--no-cache-dir")


class _Looked(Document):
    found: dict[str, tuple[str, int] | None]


class Environment(Packages):
    """The declared packages of one environment."""

    def __init__(self, interpreter: Path, wheels: Path, names: Sequence[str], patience: timedelta) -> None:
        self._interpreter = interpreter
        self._wheels = wheels
        self._names = tuple(sorted({canonicalize_name(name) for name in names}))
        self._patience = patience

    def packages(self) -> Sequence[Package]:
        return self._looked()

    def package(self, name: str) -> Package:
        wanted = self._declared(name)
        return next(one for one in self.packages() if one.name == wanted)

    def available(self, name: str) -> Sequence[str]:
        wanted = self._declared(name)
        if not self._wheels.is_dir():
            raise PermanentError(f"there is no folder of wheels {str(self._wheels)!r}; correct `wheels`")
        found = {version for path in self._wheels.glob("*.whl") for name, version in _wheel(path) if name == wanted}
        return [str(version) for version in sorted(found)]

    def install(self, name: str, version: str) -> Package:
        wanted = self._declared(name)
        if not _VERSION.fullmatch(version) or version not in self.available(name):
            known = ", ".join(self.available(name)) or "none"
            raise NotFoundError(
                f"version {version[:80]!r} of package {wanted!r} is not in the folder; there are: {known}"
            )
        source = ("--no-index", f"--find-links={self._wheels}", "--only-binary=:all:", "--no-deps", "--no-compile")
        with own_folder("grace-packages") as copy:
            # A prefix has the layout of an environment, which a package's record names its programs and data by.
            self._pip("install", *source, "--ignore-installed", f"--prefix={copy}", "--", f"{wanted}=={version}")
            places = sorted({found.parent for found in copy.rglob("*.dist-info")})
            looked = self._looked(*(f"--in={place}" for place in places))
            tried = next(one for one in looked if one.name == wanted)
            if not tried.intact:
                faulty = f"{tried.damaged} of its files are not as its record says"
                raise PermanentError(
                    f"package {wanted!r} {version} is damaged in the folder of wheels: {faulty}; nothing was changed, "
                    f"so put a whole wheel there"
                )
        self._pip("install", *source, "--force-reinstall", "--", f"{wanted}=={version}")
        return self.package(name)

    def remove(self, name: str) -> Package:
        if self.package(name).version is not None:
            self._pip("uninstall", "--yes", "--", self._declared(name))
        return self.package(name)

    def _looked(self, *where: str) -> Sequence[Package]:
        ran = self._run("-I", str(_LOOK), *where, *self._names)
        try:
            found = _Looked.read({"found": json.loads(ran.out)}, "packages").found
        except (ValueError, InputError) as error:
            raise PermanentError(f"{str(self._interpreter)!r} does not tell its packages: {ran.words}") from error
        return [_package(name, found.get(name)) for name in self._names]

    def _declared(self, name: str) -> str:
        wanted = canonicalize_name(name)
        if wanted not in self._names:
            raise NotFoundError(f"package {name[:80]!r} is not declared; declared packages: {', '.join(self._names)}")
        return wanted

    def _pip(self, *arguments: str) -> None:
        ran = self._run(*_PIP, *arguments)
        if ran.code != 0:
            raise PermanentError(f"pip {arguments[0]}: {ran.words}")

    def _run(self, *arguments: str) -> Ran:
        return run([str(self._interpreter), *arguments], patience=self._patience)


def _package(name: str, found: tuple[str, int] | None) -> Package:
    if found is None:
        return Package(name=name, version=None, intact=False)
    version, damaged = found
    return Package(name=name, version=version, intact=damaged == 0, damaged=damaged)


def _wheel(path: Path) -> Sequence[tuple[str, Version]]:
    try:
        name, version, _, _ = parse_wheel_filename(path.name)
    except InvalidWheelFilename:
        return ()
    return ((name, version),)
