"""What the boot of a node needs besides its processes: the gate, the warm-up, the self-tests, its memory."""

from collections.abc import Mapping, Sequence
from functools import cached_property

import structlog

from grace_workers.bootstrap.boot_memory import BootMemory
from grace_workers.bootstrap.kernel_probe import KernelProbe, kernel_probe
from grace_workers.bootstrap.preflight import BootStep, Preflight
from grace_workers.bootstrap.runtime import catalogs
from grace_workers.bootstrap.warmup import WarmUp
from grace_workers.fleet import Kernel
from grace_workers.settings import Settings

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

    def close(self) -> None:
        """Give the self-tests' connections back."""
        if "_probe" in self.__dict__:
            self._probe.close()
