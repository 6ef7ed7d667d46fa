"""What the boot of a node needs besides its processes: the gate, the warm-up, the self-tests, its memory."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from uuid import UUID

import structlog
from sqlalchemy import Engine

from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.transaction import PostgresLedger
from grace_workers.bootstrap.addresses import addresses
from grace_workers.bootstrap.boot_memory import BootMemory
from grace_workers.bootstrap.kernel_probe import KernelProbe, kernel_probe
from grace_workers.bootstrap.preflight import BootStep, Preflight
from grace_workers.bootstrap.runtime import catalogs
from grace_workers.bootstrap.warmup import WarmUp
from grace_workers.fleet import Kernel
from grace_workers.foundation.ids import EventId
from grace_workers.orchestration.events.topics.node_boot import DEFINITION as NODE_BOOT
from grace_workers.orchestration.events.topics.node_boot import NodeBoot
from grace_workers.settings import Settings

_PUBLISHED_WITHIN = timedelta(seconds=2)

log = structlog.get_logger()


class BootParts:
    """The parts of one node's boot."""

    def __init__(self, settings: Settings, preflight: Preflight) -> None:
        self._settings = settings
        self._preflight = preflight
        self._warm_up = WarmUp(settings)
        self.memory = BootMemory(settings.data_dir)

    @cached_property
    def kernels(self) -> Mapping[str, Kernel]:
        """The kernels of the fleet, by name."""
        return {one.name: one for one in catalogs().kernels}

    @cached_property
    def slots(self) -> Mapping[str, int]:
        """The slots of each pool, as the memory allowed when this was first asked."""
        found = self._preflight.slots()
        if found.why is not None:
            log.warning("slots_throttled", why=found.why)
        return found.slots

    @cached_property
    def _probe(self) -> KernelProbe:
        return kernel_probe(self._settings)

    def probe(self, *, thorough: bool) -> KernelProbe:
        """Return what self-tests ask."""
        return self._probe.asking(thorough=thorough)

    def preflight(self) -> Sequence[BootStep]:
        """Return the seven checks."""
        return self._preflight.steps()

    def warm_up(self) -> Sequence[BootStep]:
        """Return the steps of the warm-up."""
        return self._warm_up.steps()

    def usual(self) -> Mapping[str, float]:
        """Return how many seconds each kernel took at the last boot."""
        return {} if self._warm_up.restored is None else self._warm_up.restored.took

    def keep_warm(self, took: Mapping[str, float]) -> None:
        """Keep for the next boot what is warm now."""
        self._warm_up.keep(took)

    @cached_property
    def _engine(self) -> Engine:
        url = addresses(self._settings).database.get_secret_value()
        return make_engine(url, application="grace-boot", pool_size=1, statement_timeout=_PUBLISHED_WITHIN)

    def publish(self, steps: Sequence[tuple[UUID, NodeBoot]]) -> None:
        """Publish steps of the boot as events with these ids. Raises TransientError."""
        with PostgresLedger(self._engine).transaction() as tx:
            for number, step in steps:
                tx.events.publish(NODE_BOOT, step, event_id=EventId(number))

    def close(self) -> None:
        """Give all connections back."""
        if "_engine" in self.__dict__:
            self._engine.dispose()
        if "_probe" in self.__dict__:
            self._probe.close()
