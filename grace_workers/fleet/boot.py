"""The boot of a node: its seven phases, their order, what a failure means, how long to keep trying."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from grace_workers.fleet.kernel import Kernel, KernelState, Tier, waves
from grace_workers.foundation.backoff import backoff
from grace_workers.foundation.catalog import CatalogError

SERVERS = ("postgres", "valkey")
_FIRST_WAIT = timedelta(milliseconds=50)
_LONGEST_WAIT = timedelta(seconds=1)
_SELF_TEST = timedelta(seconds=10)
_PROCESS = timedelta(seconds=60)
_SLOWER_THAN_USUAL = 5


class Phase(StrEnum):
    """The seven, in order."""

    PREFLIGHT = "preflight"
    WARM_UP = "warm-up"
    FOUNDATION = "foundation"
    KNOWLEDGE = "knowledge and governance"
    AGENTS = "agents"
    AUTONOMY = "observability and autonomy"
    CONTRACT_TESTS = "contract tests"


_PHASE_OF = {
    Tier.FOUNDATION: Phase.FOUNDATION,
    Tier.KNOWLEDGE: Phase.KNOWLEDGE,
    Tier.AGENTS: Phase.AGENTS,
    Tier.AUTONOMY: Phase.AUTONOMY,
}


@dataclass(frozen=True, slots=True)
class PhasePlan:
    """The kernels that one phase starts, wave by wave; those of one wave start in parallel."""

    phase: Phase
    waves: Sequence[Sequence[str]]


def boot_plan(kernels: Mapping[str, Kernel]) -> Sequence[PhasePlan]:
    """Return the four phases that start kernels, in order.

    Raises:
        CatalogError: a need is unknown, part of a cycle, or belongs to a later phase.
    """
    for one in kernels.values():
        for need in one.needs:
            if need in kernels and kernels[need].tier > one.tier:
                raise CatalogError(f"kernel {one.name!r} needs {need!r}, which a later phase brings up")
    # Only needs within the phase make waves: those of earlier phases are met when it begins.
    waves(kernels)
    return [PhasePlan(phase, waves(_within(kernels, tier))) for tier, phase in _PHASE_OF.items()]


def _within(kernels: Mapping[str, Kernel], tier: Tier) -> Mapping[str, Kernel]:
    """Return the kernels of one tier, with only their needs within it."""
    own = {name: one for name, one in kernels.items() if one.tier is tier}
    return {name: replace(one, needs=tuple(need for need in one.needs if need in own)) for name, one in own.items()}


def required(kernels: Mapping[str, Kernel]) -> frozenset[str]:
    """Return the kernels without which a node must not run: the critical ones, and everything they need."""
    found: set[str] = set()
    left = [name for name, one in kernels.items() if one.critical]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left.extend(kernels[name].needs)
    return frozenset(found)


def is_here(kernel: Kernel, processes: Collection[str]) -> bool:
    """Return whether a node that runs `processes` has this kernel.

    Every node uses the servers, which may run elsewhere and be given by URL. A kernel without its own process is in
    every node.
    """
    return kernel.process is None or kernel.process in processes or kernel.process in SERVERS


def start_timeout(kernel: Kernel, usual: timedelta | None) -> timedelta:
    """Return how long a boot tries to start a kernel. `usual` is how long it took before, if known.

    A machine on which it always takes long gets more time.
    """
    least = _SELF_TEST if kernel.process is None else _PROCESS
    return least if usual is None else max(least, usual * _SLOWER_THAN_USUAL)


def next_try(attempt: int, took: timedelta, left: timedelta) -> timedelta | None:
    """Return the wait before a failed self-test is repeated, None when there is no time left for it.

    The wait doubles, and is never shorter than the test itself `took`, so that repeats add no load to a part that
    is slow. `attempt` counts from 1.
    """
    wait = max(backoff(attempt, base=_FIRST_WAIT, cap=_LONGEST_WAIT), min(took, _LONGEST_WAIT))
    return wait if wait < left else None


def degraded_by(kernels: Mapping[str, Kernel], states: Mapping[str, KernelState]) -> Sequence[str]:
    """Return the kernels that do not serve, except those paused on purpose; a node with any is degraded."""
    return [name for name in kernels if name in states and not is_well(states[name])]


def is_well(state: KernelState) -> bool:
    """Return whether a kernel serves, or is paused on purpose."""
    return state.serves or state is KernelState.PAUSED
