"""Which server is unreachable, so that a process is not blamed for a self-test that fails because of it."""

import threading
import time
from collections.abc import Callable, Mapping

from grace_workers.foundation.errors import TransientError

_FRESH_SECONDS = 0.5


class Outage:
    """Asks the servers. Answers are shared for half a second."""

    def __init__(self, servers: Mapping[str, Callable[[], object]]) -> None:
        """`servers` are questions by the server's name; each raises TransientError while its server is unreachable."""
        self._servers = dict(servers)
        self._lock = threading.Lock()
        self._asked = float("-inf")
        self._found: str | None = None

    def __call__(self) -> str | None:
        """Return in a few words which server is unreachable, None when all answer."""
        with self._lock:
            if time.monotonic() - self._asked > _FRESH_SECONDS:
                self._found = next(
                    (f"the {name} is unreachable" for name in self._servers if not self._answers(name)), None
                )
                self._asked = time.monotonic()
            return self._found

    def _answers(self, name: str) -> bool:
        try:
            self._servers[name]()
        except TransientError:
            return False
        return True
