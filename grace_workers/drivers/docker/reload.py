"""A container whose first process reads its configuration again when it gets a signal."""

import time

from grace_workers.actions import Reloadable
from grace_workers.drivers._shared import container as told
from grace_workers.drivers.docker.container import Container
from grace_workers.foundation.errors import ConflictError, PermanentError

_EVERY = 0.05
_SETTLED = 0.2


class ReloadBySignal(Reloadable):
    """A reload is one signal to the first process, which must survive it."""

    def __init__(self, container: Container, signal: str) -> None:
        self._container = container
        self._signal = signal

    def incarnation(self) -> str | None:
        return self._container.status().incarnation

    def reload(self) -> None:
        found = self._container.read()
        if not told.runs(found):
            raise ConflictError(f"{self._container.words} does not run, so it has nothing to reload")
        with self._container.engine.asked(self._container.words) as client:
            client.kill(found["Id"], signal=self._signal)
        until = time.monotonic() + _SETTLED
        while time.monotonic() < until:
            if self.incarnation() != told.incarnation(found):
                words = f"{self._container.words} ended when it got {self._signal}"
                raise PermanentError(f"{words}; correct `reload_signal`, and see that it runs again")
            time.sleep(_EVERY)
