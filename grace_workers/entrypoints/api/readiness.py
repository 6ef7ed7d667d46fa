"""Whether the fleet is able to work: real checks, each with its reason."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from grace_workers.bootstrap.runtime import Runtime
from grace_workers.fleet import KernelState, is_serving, is_well
from grace_workers.foundation.errors import GraceError, TransientError
from grace_workers.orchestration import switches
from grace_workers.orchestration.fleet.watch import FleetWatch, KernelRow
from grace_workers.orchestration.job import Pool

SEALS_WITHIN = timedelta(seconds=10)
_FRESH_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class ReadinessFinding:
    """One check: its name, its result and the reason. `degraded`: able to serve, but incomplete."""

    check: str
    ok: bool
    reason: str
    degraded: bool = False


class Readiness:
    """The checks of one fleet. Its answer is cached for half a second, so that frequent requests cost nothing."""

    def __init__(self, runtime: Runtime, fleet: FleetWatch) -> None:
        self._runtime = runtime
        self._fleet = fleet
        self._lock = threading.Lock()
        self._kept: tuple[float, tuple[ReadinessFinding, ...]] | None = None

    def look(self) -> tuple[ReadinessFinding, ...]:
        """Return what every check found."""
        with self._lock:
            if self._kept is None or time.monotonic() - self._kept[0] > _FRESH_SECONDS:
                found = tuple(self._findings())
                self._kept = (time.monotonic(), found)
            return self._kept[1]

    def _findings(self) -> Iterator[ReadinessFinding]:
        database = _checked("database", self._database)
        yield database
        yield self._broker()
        asked = {"leader": self._leader, "pools": self._pools, "node": self._node, "audit": self._audit}
        for name, look in asked.items():
            yield (
                _checked(name, look)
                if database.ok
                else ReadinessFinding(name, False, "not known while the database is unreachable")
            )
        loaded = len(self._runtime.shelf.current())
        yield (
            self._kernels()
            if database.ok
            else ReadinessFinding("kernels", False, "not known while the database is unreachable")
        )
        faults = self._runtime.shelf.faults
        yield of_playbooks([str(fault) for fault in faults], loaded)

    def _database(self) -> str:
        switches.read(self._runtime.ledger)
        return "answers"

    def _broker(self) -> ReadinessFinding:
        try:
            return of_broker(self._runtime.doorbells.epoch())
        except GraceError as error:
            return ReadinessFinding("broker", False, str(error))

    def _leader(self) -> str:
        if not self._fleet.has_leader():
            raise TransientError("no node leads; start one with `grace up`")
        return "a node leads"

    def _pools(self) -> str:
        alive = [one for one in self._fleet.instances() if is_serving(one)]
        missing = [pool.value for pool in Pool if not any(pool in one.pools for one in alive)]
        if missing:
            raise TransientError(f"no live node serves {', '.join(missing)}")
        return f"{len(alive)} node{'s' if len(alive) > 1 else ''} alive"

    def _node(self) -> str:
        mine = next((one for one in self._fleet.instances() if one.name == self._runtime.instance), None)
        if mine is None or not mine.in_fleet:
            return "this API does not belong to a working node"
        if not mine.health.consumes:
            raise TransientError(f"{mine.name} is {mine.health}: {mine.reason}")
        return f"{mine.name} is {mine.health}"

    def _kernels(self) -> ReadinessFinding:
        try:
            return of_kernels(self._fleet.kernels())
        except TransientError as error:
            return ReadinessFinding("kernels", False, str(error))

    def _audit(self) -> str:
        found = self._fleet.audit()
        if found.longest > SEALS_WITHIN:
            raise TransientError(f"an entry has waited {found.longest.total_seconds():.0f} s to be sealed")
        return f"{found.sealed} sealed, {found.waiting} waiting"


def of_broker(epoch: str | None) -> ReadinessFinding:
    """Return whether the broker works; it does without the leader's marker, but may have lost what it held."""
    if epoch is None:
        return ReadinessFinding(
            "broker", True, "answers; its marker is missing, and the leader sweeps it within seconds", degraded=True
        )
    return ReadinessFinding("broker", True, "answers")


def of_kernels(found: Sequence[KernelRow]) -> ReadinessFinding:
    """Return which kernels do not serve; the fleet works without them, but they must be visible."""
    down = [one for one in found if not is_well(KernelState(one.state))]
    told = "; ".join(f"{one.kernel} of {one.instance} is {one.state}" for one in down)
    return ReadinessFinding("kernels", True, told or f"all {len(found)} serve", degraded=bool(down))


def of_playbooks(faults: Sequence[str], loaded: int) -> ReadinessFinding:
    """Return whether the playbook files are valid; otherwise the last valid ones stay in force."""
    if faults:
        return ReadinessFinding(
            "playbooks", True, f"the last {loaded} valid ones stay in force: {faults[0]}", degraded=True
        )
    return ReadinessFinding("playbooks", True, f"{loaded} loaded")


def _checked(name: str, look: Callable[[], str]) -> ReadinessFinding:
    try:
        return ReadinessFinding(name, True, look())
    except GraceError as error:
        return ReadinessFinding(name, False, str(error))
