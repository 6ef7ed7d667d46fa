"""The health score: facts about one instance in, a number from 0 to 1 out, with every part shown.

The score is the product of its parts. Each part is 1 in the ordinary range and falls to its own floor: a busy processor
alone never makes an instance unfit, a pool that does not answer does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import prod

FEWEST_JOBS = 10
WELL_FROM = 0.5
_RHYTHM = (0.75, 2.0, 0.7)
_LATENESS = (1.0, 2.0, 0.2)
_FAILURES = (0.2, 0.7, 0.2)
_RESTARTS = (2.0, 8.0, 0.3)
_MEMORY = (0.90, 0.99, 0.3)
_DISK = (0.90, 0.99, 0.2)
_CPU = (2.0, 16.0, 0.8)
_OPTIONAL_DOWN = 0.8
_REQUIRED_DOWN = 0.1
_KERNEL_DOWN = 0.95
_KERNELS = "kernels"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorePart:
    """One part of a score: its value from 0 to 1, and the fact behind it in words."""

    name: str
    value: float
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOutcomes:
    """Jobs that ended in the last two minutes, and those of them that failed: a node's own, and all others'."""

    ended: int = 0
    failed: int = 0
    others_ended: int = 0
    others_failed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineUse:
    """How much of a machine is in use: fractions of its memory and disk, and the load per processor."""

    memory: float
    disk: float
    cpu: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthInputs:
    """What a node knows about itself.

    `longest_beat` is the longest pause between two of its last heartbeats. `failed` of `ended` are its own jobs of
    the last minutes, `others_failed` of `others_ended` all others'. `restarts` are those of its processes in the
    last five minutes. `memory` and `disk` are used fractions, `cpu` is the load per processor.
    """

    longest_beat: timedelta
    required_down: Sequence[str] = ()
    optional_down: Sequence[str] = ()
    kernels_down: Sequence[str] = ()
    ended: int = 0
    failed: int = 0
    others_ended: int = 0
    others_failed: int = 0
    restarts: int = 0
    memory: float = 0.0
    disk: float = 0.0
    cpu: float = 0.0


def parts_of(inputs: HealthInputs) -> Sequence[ScorePart]:
    """Return the parts of a node's score that the node itself can measure."""
    return (
        _rhythm(inputs.longest_beat),
        _processes(inputs),
        _kernels(inputs),
        _failures(inputs),
        _part("restarts", inputs.restarts, _RESTARTS, f"{inputs.restarts} in five minutes"),
        _part("memory", inputs.memory, _MEMORY, f"{inputs.memory:.0%} used"),
        _part("disk", inputs.disk, _DISK, f"{inputs.disk:.0%} used"),
        _part("cpu", inputs.cpu, _CPU, f"load {inputs.cpu:.1f} per processor"),
    )


def lateness(silent_for: timedelta) -> ScorePart:
    """Return the part that only others can measure: how old the last heartbeat is, by the database's clock."""
    seconds = max(0.0, silent_for.total_seconds())
    return _part("lateness", seconds, _LATENESS, f"last heartbeat {seconds:.1f} s ago")


def total(parts: Sequence[ScorePart]) -> float:
    """Return the score: the product of the parts, 1 when there are none."""
    return round(prod(part.value for part in parts), 4)


def is_degraded(parts: Sequence[ScorePart]) -> bool:
    """Return whether a node that works is degraded: by a low score, or by any kernel that does not serve."""
    without = any(part.name == _KERNELS and part.value < 1.0 for part in parts)
    return without or total(parts) < WELL_FROM


def _kernels(inputs: HealthInputs) -> ScorePart:
    down = inputs.kernels_down
    why = f"not ready: {', '.join(down)}" if down else "all ready"
    return ScorePart(name=_KERNELS, value=round(_KERNEL_DOWN ** len(down), 4), why=why)


def _rhythm(longest: timedelta) -> ScorePart:
    seconds = longest.total_seconds()
    return _part("rhythm", seconds, _RHYTHM, f"longest pause between heartbeats {seconds:.1f} s")


def _processes(inputs: HealthInputs) -> ScorePart:
    value = (_REQUIRED_DOWN if inputs.required_down else 1.0) * _OPTIONAL_DOWN ** len(inputs.optional_down)
    down = ", ".join((*inputs.required_down, *inputs.optional_down))
    return ScorePart(name="processes", value=round(value, 4), why=f"not ready: {down}" if down else "all ready")


def _failures(inputs: HealthInputs) -> ScorePart:
    if inputs.ended < FEWEST_JOBS:
        return ScorePart(name="failures", value=1.0, why=f"only {inputs.ended} jobs to judge by")
    own = inputs.failed / inputs.ended
    # What fails everywhere is the fault of the jobs, or of a target, and no reason to remove one instance.
    others = inputs.others_failed / inputs.others_ended if inputs.others_ended else 0.0
    why = f"{own:.0%} of its jobs failed, {others:.0%} of the others'"
    return _part("failures", own - others, _FAILURES, why)


def _part(name: str, amount: float, ramp: tuple[float, float, float], why: str) -> ScorePart:
    """Return 1 up to the ramp's first point, its floor from the second on, and a straight line between."""
    good, bad, floor = ramp
    share = min(1.0, max(0.0, (amount - good) / (bad - good)))
    return ScorePart(name=name, value=round(1.0 - share * (1.0 - floor), 4), why=why)
