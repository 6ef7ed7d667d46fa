"""One container, which its engine can start and stop."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from grace_workers.actions import Restartable, ServiceStatus
from grace_workers.drivers._shared import container as told
from grace_workers.drivers._shared.docker_engine import EngineApi
from grace_workers.foundation.errors import PermanentError, TransientError

_EVERY = 0.05
_SETTLED = 0.2


class Container(Restartable):
    """A container by its name."""

    def __init__(self, engine: EngineApi, name: str) -> None:
        self.engine = engine
        self.name = name

    @property
    def words(self) -> str:
        """The container as sentences name it."""
        return f"container {self.name!r}"

    def read(self) -> Mapping[str, Any]:
        """Return what the engine tells about it. Raises NotFoundError."""
        with self.engine.asked(self.words) as client:
            found: Mapping[str, Any] = client.inspect_container(self.name)
        return found

    def status(self) -> ServiceStatus:
        return told.status_of(self.read(), datetime.now(UTC))

    def start(self) -> ServiceStatus:
        """Start it unless it runs; return once it did not end at once and its own health check, if any, is passed."""
        found = self.read()
        with self.engine.asked(self.words) as client:
            # A paused container runs for the engine, which refuses to start it.
            if found["State"].get("Paused"):
                client.unpause(found["Id"])
            elif not found["State"].get("Running"):
                client.start(found["Id"])
        return self._serving()

    def stop(self, grace: timedelta) -> ServiceStatus:
        """Let the engine stop it: it asks the first process to end, and kills it after `grace`."""
        found = self.read()
        with self.engine.asked(self.words, patience=grace) as client:
            client.stop(found["Id"], timeout=max(1, round(grace.total_seconds())))
        now = self.status()
        if now.running:
            raise TransientError(f"{self.words} still runs after it was killed: {now.detail}")
        return now

    def _serving(self) -> ServiceStatus:
        until = time.monotonic() + self.engine.patience.total_seconds()
        settled = time.monotonic() + _SETTLED
        while True:
            found = self.read()
            now = told.status_of(found, datetime.now(UTC))
            if not now.running and not found["State"].get("Restarting"):
                raise PermanentError(f"{self.words} ended while starting: {now.detail}; read its log")
            if told.healthy(found) and time.monotonic() > settled:
                return now
            if time.monotonic() > until:
                late = f"{self.engine.patience.total_seconds():g} s after its start"
                raise TransientError(f"{self.words} does not serve {late}: {now.detail}; read its log")
            time.sleep(_EVERY)
