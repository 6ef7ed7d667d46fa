"""The instances of a template unit, which provide one service together."""

import time
from collections.abc import Sequence
from datetime import timedelta

from grace_workers.actions import ServicePart, ServiceParts
from grace_workers.drivers._shared.systemctl import Systemctl
from grace_workers.foundation.errors import NotFoundError, TransientError

_PROPERTIES = ("Id", "ActiveState", "SubState", "InvocationID", "Result")
_EVERY = 0.05


class UnitInstances(ServiceParts):
    """The loaded instances of `template`, such as `shop-worker@1.service`. An instance is healthy while it runs."""

    def __init__(self, manager: Systemctl, template: str) -> None:
        self._manager = manager
        self._template = template

    def parts(self) -> Sequence[ServicePart]:
        found = self._manager.show(f"{self._template}*.service", _PROPERTIES)
        parts = [
            ServicePart(
                name=one["Id"],
                incarnation=one.get("InvocationID") or None,
                healthy=one["ActiveState"] == "active" and one["SubState"] in ("running", "exited"),
                crashing=one["SubState"] == "auto-restart" or one.get("Result") == "start-limit-hit",
            )
            for one in found
        ]
        return sorted(parts, key=lambda one: one.name)

    def restart_part(self, name: str, patience: timedelta) -> ServicePart:
        before = self._part(name)
        if not before.healthy:
            # A unit that failed too often is refused every further start until its failures are forgotten.
            self._manager.do("reset-failed", "--", before.name)
        self._manager.do("restart", "--", before.name)
        until = time.monotonic() + patience.total_seconds()
        while not (now := self._part(name)).healthy or now.incarnation == before.incarnation:
            if time.monotonic() > until:
                raise TransientError(f"instance {name!r} is not healthy {patience.total_seconds():g} s after a restart")
            time.sleep(_EVERY)
        return now

    def _part(self, name: str) -> ServicePart:
        for one in self.parts():
            if one.name == name:
                return one
        raise NotFoundError(f"there is no instance {name[:80]!r} of {self._template!r} any more")
