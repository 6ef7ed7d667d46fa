"""Watches a node's kernels: tests them, restarts what keeps failing, sheds load, and reports to the fleet."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from types import MappingProxyType

import structlog

from grace_workers.fleet import (
    Kernel,
    KernelReport,
    KernelStanding,
    KernelState,
    Leave,
    LifeSigns,
    Pressure,
    ProcessState,
    ProcessStatus,
    Shedding,
    SheddingRule,
    Unready,
    WatchdogTimeouts,
    again,
    judge,
    sheddable,
    standing,
    weigh,
)
from grace_workers.foundation.errors import GraceError, TransientError
from grace_workers.node.kernels.processes import Processes
from grace_workers.node.kernels.self_tests import KernelTests
from grace_workers.node.ports import KernelPorts

LOOK = 0.25
_REPORT_EVERY = 3.0
_REMIND_EVERY = 60.0
_WEIGH_EVERY = 1.0
_LONGEST_STEP = 0.5
_SERVERS = ("database", "message_bus")
_LOAD = "load"

log = structlog.get_logger()


@dataclass
class _Case:
    """The failure history of one kernel. Times are monotonic seconds.

    `served` says whether it has served since its last start: a kernel that has gets less time to recover.
    `in_a_row` counts its failures since it last served.
    """

    served: bool = False
    in_a_row: int = 0
    failing: float = 0.0
    failed_at: list[float] = field(default_factory=list)
    told: bool = False
    told_at: float = float("-inf")


class KernelWatch:
    """Looks four times a second. Any thread may call it. `tell` is called whenever a kernel changes its state."""

    def __init__(
        self,
        ports: KernelPorts,
        processes: Processes,
        tell: Callable[[str, KernelStanding], None],
        *,
        kernels: Mapping[str, Kernel],
        booted: Mapping[str, KernelStanding] = MappingProxyType({}),
    ) -> None:
        """Watch `kernels`: those of the catalog, and what else this node runs.

        `booted` holds their states after the boot; each counts until the first self-test here.
        """
        self._ports = ports
        self._kernels = kernels
        self._tell = tell
        self._processes = processes
        self._tests = KernelTests(kernels, ports.probe, lambda name: self.standing(name).state.serves)
        self._booted = booted
        self._standings: Mapping[str, KernelStanding] = dict(booted)
        self._cases = {name: _Case() for name in kernels}
        self._late: set[str] = set()
        self._shedding = Shedding()
        self._told_fleet: tuple[object, object] | None = None
        self._weighed: tuple[float, Pressure] | None = None
        self._seen: Mapping[str, tuple[object, ...]] = {}
        self._looked = self._reported = float("-inf")

    def run(self, stop: threading.Event) -> None:
        """Watch until `stop` is set."""
        while not stop.is_set():
            try:
                self.turn(time.monotonic())
            except Exception:
                # Nothing else watches the kernels, so the loop must survive every error.
                log.exception("kernel_watch_broke")
            stop.wait(LOOK)

    def turn(self, now: float) -> None:
        """Look once, act on the result, and report."""
        step = min(max(0.0, now - self._looked), _LONGEST_STEP)
        self._looked = now
        self._tests.turn(now)
        facts = self._processes.states
        before, self._standings = self._standings, self._look(facts, now)
        for name, found in self._standings.items():
            if name not in before or before[name].state is not found.state:
                self._tell(name, found)
        pressure = self._pressed(now)
        for kernel in self._kernels.values():
            # On a machine where everything waits, a kernel that does not answer may only be slow.
            share = 1.0 - pressure.waiting if kernel.name in self._late else 1.0
            self._nurse(kernel, facts, now, step * share)
        self._shed(step, facts, pressure)
        try:
            self._tell_fleet(facts, now)
        except TransientError as error:
            log.debug("kernels_not_reported", error=str(error))

    def ask(self, name: str) -> float:
        """Schedule a test of a kernel soon; return the moment after which a result counts."""
        return self._tests.hasten(name)

    def serves(self, name: str, *, since: float) -> bool:
        """Whether a self-test that began after `since` found the kernel serving."""
        return self._tests.answered_for(name) >= since and self.standing(name).state.serves

    def standing(self, name: str) -> KernelStanding:
        """Return a kernel's state at the last look."""
        return self._standings.get(name, KernelStanding(state=KernelState.WAITING, detail="not examined yet"))

    def close(self) -> None:
        """Stop testing."""
        self._tests.close()

    def _look(self, facts: Mapping[str, ProcessStatus], now: float) -> Mapping[str, KernelStanding]:
        known = {name: one.state for name, one in self._standings.items()}
        found = {}
        self._late.clear()
        for name, kernel in self._kernels.items():
            test = self._tests.answer(name, now)
            if isinstance(test, Unready) and test.late:
                self._late.add(name)
            fresh = standing(kernel, facts.get(kernel.restarts_with or ""), test, known)
            found[name] = fresh if test is not None else self._booted.get(name, fresh)
        return found

    def _nurse(self, kernel: Kernel, facts: Mapping[str, ProcessStatus], now: float, step: float) -> None:
        """Restart the process of a kernel whose self-test keeps failing while the process passes its own."""
        case, host = self._cases[kernel.name], kernel.restarts_with
        if self.standing(kernel.name).state.serves:
            case.served, case.in_a_row, case.failing = True, 0, 0.0
            return
        case.failing = case.failing + step if self._is_to_blame(kernel, facts) else 0.0
        for_so_long = timedelta(seconds=case.failing)
        signs = LifeSigns(failing=for_so_long) if case.served else LifeSigns(starting=for_so_long)
        judgement = judge(signs, WatchdogTimeouts())
        if isinstance(judgement, Leave):
            return
        case.failing, case.served, case.in_a_row = 0.0, False, case.in_a_row + 1
        case.failed_at = [*case.failed_at, now]
        log.warning("kernel_failing", kernel=kernel.name, why=judgement.why, detail=self.standing(kernel.name).detail)
        if host in facts and not self._keeps_failing(kernel, case, now):
            self._aside(partial(self._processes.restart, str(host)), f"restart-{host}")

    def _is_to_blame(self, kernel: Kernel, facts: Mapping[str, ProcessStatus]) -> bool:
        """Whether its self-test fails although the servers serve and its own process, if any, is healthy."""
        servers_well = all(self.standing(name).state.serves for name in _SERVERS)
        own = facts.get(kernel.process or "")
        seen_to = own is not None and own.state is not ProcessState.READY
        return servers_well and not seen_to and self.standing(kernel.name).state is KernelState.UNREADY

    def _keeps_failing(self, kernel: Kernel, case: _Case, now: float) -> bool:
        case.failed_at = [at for at in case.failed_at if now - at <= kernel.restart.within.total_seconds()]
        ages = [timedelta(seconds=now - at) for at in case.failed_at]
        return again(max(1, case.in_a_row), ages, kernel.restart).escalate

    def _shed(self, step: float, facts: Mapping[str, ProcessStatus], pressure: Pressure) -> None:
        before = self._shedding
        self._shedding = weigh(before, pressure, timedelta(seconds=step), SheddingRule())
        if self._shedding.active is before.active:
            return
        why = self._shedding.why or _LOAD
        log.warning("load_shed" if self._shedding.active else "load_taken_back", why=why)
        for name in (one for one in sheddable(self._kernels) if one in facts):
            if self._shedding.active:
                self._aside(partial(self._processes.pause, name, key=_LOAD, why=why), f"shed-{name}")
            else:
                self._aside(partial(self._processes.resume, name, key=_LOAD), f"take-back-{name}")

    def _pressed(self, now: float) -> Pressure:
        if self._weighed is None or now - self._weighed[0] >= _WEIGH_EVERY:
            self._weighed = now, self._ports.pressure()
        return self._weighed[1]

    def _tell_fleet(self, facts: Mapping[str, ProcessStatus], now: float) -> None:
        """Report and escalate what has changed, and every few seconds everything else."""
        looked = (facts, {name: one.state for name, one in self._standings.items()})
        if looked == self._told_fleet and now - self._reported < _REPORT_EVERY:
            return
        reports = {name: self._of(kernel, facts, now) for name, kernel in self._kernels.items()}
        self._report(reports, now)
        self._escalate(reports, now)
        self._told_fleet = looked

    def _report(self, reports: Mapping[str, KernelReport], now: float) -> None:
        seen = {name: (one.state, one.failing, one.incarnation, one.restarts) for name, one in reports.items()}
        if seen == self._seen and now - self._reported < _REPORT_EVERY:
            return
        self._ports.reports.report(list(reports.values()))
        self._seen, self._reported = seen, now

    def _escalate(self, reports: Mapping[str, KernelReport], now: float) -> None:
        # Only kernels of the catalog are targets that the line can repair.
        for name in self._ports.kernels:
            report, case = reports[name], self._cases[name]
            due = now - case.told_at > _REMIND_EVERY
            over = case.told and not report.failing and report.state.serves
            if (report.failing and due) or over:
                self._ports.escalate(report)
                case.told, case.told_at = report.failing, now

    def _of(self, kernel: Kernel, facts: Mapping[str, ProcessStatus], now: float) -> KernelReport:
        host = facts.get(kernel.restarts_with or "")
        found = self.standing(kernel.name)
        own_failing = kernel.process is not None and host is not None and host.keeps_failing
        at = datetime.now(UTC)
        return KernelReport(
            instance=self._ports.instance,
            kernel=kernel.name,
            state=found.state,
            detail=found.detail,
            incarnation=None if host is None or host.pid is None else str(host.pid),
            restarts=0 if host is None else host.restarts,
            failing=own_failing or self._keeps_failing(kernel, self._cases[kernel.name], now),
            since=at,
            checked_at=at,
        )

    def _aside(self, act: Callable[[], None], name: str) -> None:
        """Act on a separate thread, because a process may take long and the watch must go on."""
        threading.Thread(target=_quietly, args=(act, name), name=name, daemon=True).start()


def _quietly(act: Callable[[], None], name: str) -> None:
    try:
        act()
    except GraceError as error:
        log.warning("kernel_act_failed", act=name, error=str(error))
