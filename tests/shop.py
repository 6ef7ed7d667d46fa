"""A shop in memory under the shipped engines, causes, playbooks and gates: what a false word can make the fleet do."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import grace_workers.actions.primitives
import grace_workers.checks
from grace_workers.actions import (
    ErrorLog,
    FileTree,
    Flag,
    FlagStore,
    HttpProbe,
    Ownership,
    Primitive,
    Restartable,
    Target,
)
from grace_workers.diagnosis import Engine, engines
from grace_workers.foundation.catalog import discover
from grace_workers.foundation.errors import TransientError
from grace_workers.foundation.ids import TargetKind, TargetName
from grace_workers.playbooks import Library, load_directories
from grace_workers.testing import MemoryFlags, MemoryProbe, MemoryService, MemoryTree, MemoryWorld
from tests.builders import WEB, Ward
from tests.shipped_causes import CAUSES, CHECKS
from tests.targets import subject_of

PRIMITIVES = discover(grace_workers.actions.primitives, Primitive, label="primitive")
CACHE, FLAGS = TargetName("cache"), TargetName("flags")
LABELS: Mapping[TargetName, Mapping[str, str]] = {
    WEB: {"health_path": "/"},
    CACHE: {"service": str(WEB), "health_path": "/"},
    FLAGS: {"service": str(WEB), "switchable": "new_checkout"},
}
KINDS = {WEB: TargetKind("process"), CACHE: TargetKind("files"), FLAGS: TargetKind("flags")}


@cache
def _library() -> Library:
    return load_directories([Path(__file__).parents[1] / "playbooks"], PRIMITIVES, CHECKS)


class Service(MemoryService):
    """A service that can be hidden."""

    hidden = False
    looks = 0
    on_look: Callable[[], None] = staticmethod(lambda: None)

    def status(self) -> Any:
        """Return its status. Raises TransientError while hidden."""
        self.looks += 1
        self.on_look()
        if self.hidden:
            raise TransientError("nobody can see the service")
        return super().status()


class Front(MemoryProbe):
    """What customers see: no answer while the service does not run."""

    service: Service
    slowed: Callable[[], bool] = staticmethod(lambda: False)

    def get(self, path: str, timeout: timedelta) -> tuple[int, float]:
        """Return status and seconds."""
        if not self.service.running:
            return 0, 0.0
        return (200, 0.9) if self.slowed() else super().get(path, timeout)


class Lines:
    """An error log that contains what a stranger wrote, and the current number of errors."""

    written: Sequence[str] = ()
    going_on: Callable[[], bool] = staticmethod(lambda: False)

    def errors(self, window: timedelta) -> int:
        """Return the count."""
        del window
        return 8 if self.going_on() else 0

    def recent(self, limit: int) -> Sequence[str]:
        """Return the lines."""
        return self.written[-limit:]


class Shop:
    """A web service with a cache and a flag store, on a whole line in memory."""

    def __init__(self) -> None:
        self.service, self.front, self.log, self.cache = Service(), Front(), Lines(), MemoryTree()
        self.front.service = self.service
        flag = Flag(key="new_checkout", enabled=True, variant="on", variants=("on", "off"))
        self.flags = MemoryFlags(stored={flag.key: flag})
        roles: dict[tuple[TargetName, type], object] = {
            (WEB, Restartable): self.service,
            (WEB, HttpProbe): self.front,
            (WEB, ErrorLog): self.log,
            (CACHE, FileTree): self.cache,
            (FLAGS, FlagStore): self.flags,
        }
        targets = {
            name: Target(
                name=name,
                kind=kind,
                owner=Ownership.INTERNAL,
                labels=LABELS[name],
                depends_on=(CACHE, FLAGS) if name == WEB else (),
            )
            for name, kind in KINDS.items()
        }
        self.ward = Ward()
        self.ward.intake = replace(self.ward.intake, targets=targets)
        self.ward.line = replace(
            self.ward.line,
            world=MemoryWorld(roles=roles),
            targets=targets,
            subjects={name: subject_of(one) for name, one in targets.items()},
            primitives=PRIMITIVES,
            checks=CHECKS,
            engines=discover(engines, Engine, label="engine"),
            causes=lambda: CAUSES,
            library=_library,
        )

    def learnt(self) -> tuple[list[tuple[str, int, int]], list[tuple[str, int]]]:
        """Return knowledge and track records, as counts of what was verified."""
        with self.ward.ledger.transaction() as tx:
            known = [(str(one.cause), one.verified, one.unverified) for one in tx.records.knowledge()]
            return known, [(one.playbook, one.verified) for one in tx.records.tracks()]
