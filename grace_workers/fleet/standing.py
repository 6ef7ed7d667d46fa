"""The state of a kernel on one node, from its process, its self-test and the kernels that it needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from grace_workers.fleet.kernel import Absent, Kernel, KernelState, Limited, Readiness, Ready, Unready
from grace_workers.fleet.process import ProcessState, ProcessStatus
from grace_workers.foundation.ids import InstanceName


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelStanding:
    """A kernel's state and one sentence about it."""

    state: KernelState
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelReport:
    """The state of one kernel on one node, as the fleet knows it.

    `incarnation` changes with every restart of its process. `failing` when restarts do not help. Times are by the
    database's clock.
    """

    instance: InstanceName
    kernel: str
    state: KernelState
    detail: str
    incarnation: str | None
    restarts: int
    failing: bool
    since: datetime
    checked_at: datetime


_BY_PROCESS = {
    ProcessState.WAITING: KernelState.WAITING,
    ProcessState.STARTING: KernelState.STARTING,
    ProcessState.BACKING_OFF: KernelState.FAILED,
    ProcessState.PAUSED: KernelState.PAUSED,
    ProcessState.STOPPED: KernelState.ABSENT,
}


def standing(
    kernel: Kernel, process: ProcessStatus | None, test: Readiness | None, others: Mapping[str, KernelState]
) -> KernelStanding:
    """Return a kernel's state. `test` is None before the first self-test; `others` are the states of all kernels."""
    own = process if kernel.process is not None else None
    if own is not None and own.state in _BY_PROCESS:
        found = KernelStanding(state=_BY_PROCESS[own.state], detail=own.paused_for or own.trouble or own.state)
    elif process is not None and process.state is ProcessState.PAUSED:
        found = KernelStanding(state=KernelState.PAUSED, detail=process.paused_for or "its process is paused")
    else:
        found = _tested(own, test)
    away = next((need for need in kernel.needs if need in others and not others[need].serves), None)
    if away is not None and found.state in {KernelState.UNREADY, KernelState.FAILED}:
        return KernelStanding(state=KernelState.WAITING, detail=f"waits for {away}: {found.detail}")
    return found


def _tested(own: ProcessStatus | None, test: Readiness | None) -> KernelStanding:
    if own is not None and own.state is ProcessState.UNREADY:
        return KernelStanding(state=KernelState.UNREADY, detail=own.trouble or "its process fails its self-test")
    if test is None:
        known = own is not None
        return KernelStanding(
            state=KernelState.READY if known else KernelState.WAITING,
            detail="its process passes its self-test" if known else "not tested yet",
        )
    return tested(test)


def tested(readiness: Readiness) -> KernelStanding:
    """Return the state that a self-test's answer means, and what it says."""
    match readiness:
        case Ready(seen=seen):
            return KernelStanding(state=KernelState.READY, detail=seen)
        case Limited(seen=seen, lacks=lacks):
            return KernelStanding(state=KernelState.LIMITED, detail=f"{seen}; lacks {lacks}")
        case Unready(why=why):
            return KernelStanding(state=KernelState.UNREADY, detail=why)
        case Absent(why=why):
            return KernelStanding(state=KernelState.ABSENT, detail=why)
        case _:
            assert_never(readiness)
