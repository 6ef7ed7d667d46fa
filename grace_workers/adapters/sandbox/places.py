"""What a confined program sees of the machine besides what its caller names: the system, and our own interpreter."""

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store")
# Of /etc only what programs need to find libraries, names, times and certificates; the rest may contain secrets.
SETTINGS = tuple(
    f"/etc/{name}"
    for name in (
        "ld.so.cache",
        "ld.so.conf",
        "ld.so.conf.d",
        "passwd",
        "group",
        "nsswitch.conf",
        "hosts",
        "host.conf",
        "protocols",
        "services",
        "localtime",
        "timezone",
        "mime.types",
        "os-release",
        "debian_version",
        "alternatives",
        "ssl/certs",
        "ssl/openssl.cnf",
        "pki/tls/certs",
        "ca-certificates",
    )
)
LAUNCHER = Path(__file__).parent
INSIDE = LAUNCHER / "inside"


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """What one program may see. `writable` takes precedence if a folder is in both."""

    folder: Path
    readable: Sequence[Path]
    writable: Sequence[Path]
    disk: int

    def shown(self) -> list[Path]:
        """Return all that is read-only, without what does not exist."""
        known = dict.fromkeys([*map(Path, (*SYSTEM, *SETTINGS)), *own_interpreter(), *self.readable, self.folder])
        return [path for path in known if path.exists() and path not in self.writable]


def own_interpreter() -> Iterable[Path]:
    """Return the folders of the Python that runs us, with its packages, and the launcher."""
    return dict.fromkeys([Path(sys.base_prefix), Path(sys.prefix), INSIDE])


def interpreter() -> str:
    """Return the Python that runs the launcher: the real one, because a virtual environment only slows its start."""
    return os.path.realpath(sys.executable)
