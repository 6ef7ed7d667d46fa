"""The containers of one compose service, found by the labels that compose gives them."""

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from grace_workers.actions import ServicePart, ServiceParts
from grace_workers.drivers._shared import container as told
from grace_workers.drivers._shared.docker_engine import EngineApi
from grace_workers.foundation.errors import NotFoundError, TransientError

PROJECT, SERVICE = "com.docker.compose.project", "com.docker.compose.service"
ONEOFF, NUMBER = "com.docker.compose.oneoff", "com.docker.compose.container-number"
_EVERY = 0.05
_GRACE = timedelta(seconds=10)


class ServiceContainers(ServiceParts):
    """The containers of one service, running or not; what `compose run` started is none of them."""

    def __init__(self, engine: EngineApi, project: str, service: str) -> None:
        self.engine = engine
        self._project, self._service = project, service

    @property
    def words(self) -> str:
        """The service as sentences name it."""
        return f"compose service {self._project}/{self._service}"

    def named(self, number: int) -> str:
        """Return the name that compose gives to the container of that number."""
        return f"{self._project}-{self._service}-{number}"

    def parts(self) -> Sequence[ServicePart]:
        return sorted(map(told.part_of, self.read()), key=lambda one: one.name)

    def restart_part(self, name: str, patience: timedelta) -> ServicePart:
        """Restart the very container of that name, and wait until it is healthy."""
        before = next((one for one in self.read() if told.name_of(one) == name), None)
        if before is None:
            raise NotFoundError(f"{self.words} has no container {name[:80]!r} any more")
        until = time.monotonic() + patience.total_seconds()
        # By its id, because another container may have its name by now.
        with self.engine.asked(f"container {name!r}", patience=_GRACE) as client:
            client.restart(before["Id"], timeout=round(_GRACE.total_seconds()))
        while True:
            with self.engine.asked(f"container {name!r}") as client:
                found = client.inspect_container(before["Id"])
            if told.healthy(found) and told.incarnation(found) != told.incarnation(before):
                return told.part_of(found)
            if time.monotonic() > until:
                late = f"{patience.total_seconds():g} s after a restart"
                raise TransientError(f"container {name!r} of {self.words} is not healthy {late}; read its log")
            time.sleep(_EVERY)

    def read(self) -> Sequence[Mapping[str, Any]]:
        """Return what the engine tells about each container, by its number."""
        labels = [f"{PROJECT}={self._project}", f"{SERVICE}={self._service}", f"{ONEOFF}=False"]
        with self.engine.asked(self.words) as client:
            listed = client.containers(all=True, filters={"label": labels})
            inspected = [_inspected(client, one["Id"]) for one in listed]
        return sorted((one for one in inspected if one is not None), key=number_of)


def _inspected(client: Any, container: str) -> Mapping[str, Any] | None:
    """Return what the engine tells about a container, None if it is gone."""
    from docker.errors import NotFound

    try:
        found: Mapping[str, Any] = client.inspect_container(container)
    except NotFound:
        return None
    return found


def number_of(found: Mapping[str, Any]) -> int:
    """Return the number that compose gave to the container; 0 if it gave none."""
    text = str((found["Config"].get("Labels") or {}).get(NUMBER) or "")
    return int(text) if text.isdecimal() else 0
