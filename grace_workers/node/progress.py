"""What a node reports while it starts, runs and stops."""

from collections.abc import Callable
from dataclasses import dataclass

from grace_workers.fleet import Phase

STOP = "stop"
ROLL_BACK = "roll back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One thing that happened. `stage` is a phase, a step, a kernel or a process; `took` is in seconds.

    `phase` is the boot phase it belongs to, None outside a boot. A phase reports about itself with itself as
    `stage`.
    """

    stage: str
    state: str
    took: float | None = None
    note: str | None = None
    phase: Phase | None = None

    @property
    def is_phase(self) -> bool:
        """Whether a phase reports about itself."""
        return self.phase is not None and self.stage == self.phase.value


Tell = Callable[[Progress], None]
