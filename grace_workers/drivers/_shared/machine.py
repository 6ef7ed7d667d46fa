"""The machine of the node, as an environment."""

import re
from hashlib import sha256
from pathlib import Path

from grace_workers.actions import EnvironmentProof
from grace_workers.foundation.errors import PermanentError
from grace_workers.foundation.plain_file import read_small, translated

_FILE = Path("/etc/machine-id")
_IDENTITY = re.compile(r"[0-9a-f]{32}")


class Machine(EnvironmentProof):
    """The machine, known by a hash of its machine id, because machine-id(5) asks not to show the id itself."""

    def __init__(self, file: Path = _FILE) -> None:
        self._file = file

    def environment(self) -> str:
        with translated(f"machine id {str(self._file)!r}"):
            identity = read_small(self._file, most=100).decode(errors="replace").strip()
        if not _IDENTITY.fullmatch(identity):
            raise PermanentError(f"{str(self._file)!r} holds no machine id; run `systemd-machine-id-setup` once")
        return f"machine:{sha256(b'grace ' + identity.encode()).hexdigest()[:20]}"
