"""Restarting, pausing and resuming kernels of a node, with their dependants."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence

from grace_workers.fleet import Kernel, Order, dependants, waves
from grace_workers.foundation.errors import ConflictError, GraceError, InputError, NotFoundError, TransientError
from grace_workers.node.kernels.processes import Processes
from grace_workers.node.kernels.watch import KernelWatch

_READY_WITHIN = 30.0
_LOOK = 0.05


class KernelActs:
    """The three verbs that concern one kernel. Its dependants end before it, in reverse, and come back after it."""

    def __init__(self, kernels: Mapping[str, Kernel], processes: Processes, watch: KernelWatch) -> None:
        self._kernels = kernels
        self._processes = processes
        self._watch = watch

    def restart(self, order: Order) -> str:
        """Restart the process in which a kernel lives, and wait until the kernel is ready again."""
        kernel = self._find(order)
        process = self._process(kernel)
        began = time.monotonic()
        others = self._dependants(kernel.name, process)
        key = f"restart:{order.id}"
        try:
            self._hold(others, key, f"{kernel.name} is being restarted")
            self._processes.restart(process)
        finally:
            self._release(others, key)
        self._await_ready(kernel.name)
        took = f"ready again after {time.monotonic() - began:.1f} s"
        return took if kernel.process else f"its process {process} was restarted; {took}"

    def pause(self, order: Order) -> str:
        """Pause a kernel that has its own process; a critical one only by force."""
        kernel = self._find(order)
        if kernel.process is None:
            host = kernel.host
            raise InputError(f"{kernel.name} has no process of its own{f'; it runs in {host}' if host else ''}")
        if kernel.critical and not order.forced:
            raise ConflictError(f"{kernel.name} is critical; use --force to pause it nevertheless")
        process = self._process(kernel)
        others, key = self._dependants(kernel.name, process), _key(kernel.name)
        try:
            self._hold(others, key, f"{kernel.name} is paused")
            self._processes.pause(process, key=key, why=f"{order.asked_by}: {order.reason}")
        except GraceError:
            # A pause is all or nothing: the processes that were stopped for it start again.
            self._release([process, *others], key)
            raise
        return f"paused, with {', '.join(reversed(others))}" if others else "paused"

    def resume(self, order: Order) -> str:
        """End a pause, and wait until the kernel is ready."""
        kernel = self._find(order)
        process = self._process(kernel)
        self._release([process, *self._dependants(kernel.name, process)], _key(kernel.name))
        self._await_ready(kernel.name)
        return "ready again"

    def _find(self, order: Order) -> Kernel:
        if order.kernel is None or order.kernel not in self._kernels:
            raise NotFoundError(f"kernel {order.kernel!r} is unknown; known: {', '.join(self._kernels)}")
        return self._kernels[order.kernel]

    def _process(self, kernel: Kernel) -> str:
        process = kernel.restarts_with
        if process is None:
            raise InputError(f"{kernel.name} runs in every process; restart the node")
        if process not in self._processes.states:
            raise ConflictError(f"this node does not run {process}, which hosts {kernel.name}")
        return process

    def _dependants(self, name: str, process: str) -> Sequence[str]:
        """Return the other processes of dependent kernels, in start order."""
        own = [self._kernels[one].process for one in dependants(self._kernels, name)]
        return [one for one in dict.fromkeys(own) if one and one != process and one in self._processes.states]

    def _hold(self, processes: Sequence[str], key: str, why: str) -> None:
        for one in reversed(processes):
            self._processes.pause(one, key=key, why=why)

    def _release(self, processes: Sequence[str], key: str) -> None:
        """Let them come back, wave by wave; one that is late does not keep the others stopped."""
        late: list[GraceError] = []

        def resume(one: str) -> None:
            try:
                self._processes.resume(one, key=key)
            except GraceError as error:
                late.append(error)

        for wave in self._in_waves(processes):
            # The node does not wait for these threads when it ends meanwhile.
            resuming = [threading.Thread(target=resume, args=(one,), name=f"resume-{one}", daemon=True) for one in wave]
            for thread in resuming:
                thread.start()
            for thread in resuming:
                thread.join()
        if late:
            raise late[0]

    def _in_waves(self, processes: Sequence[str]) -> Iterator[Sequence[str]]:
        for wave in waves(self._kernels):
            if found := [one for name in wave if (one := self._kernels[name].process) in processes and one is not None]:
                yield found

    def _await_ready(self, name: str) -> None:
        deadline = time.monotonic() + _READY_WITHIN
        asked = self._watch.ask(name)
        while not self._watch.serves(name, since=asked):
            if time.monotonic() > deadline:
                found = self._watch.standing(name)
                raise TransientError(f"{name} is {found.state} {_READY_WITHIN:g} s later: {found.detail}")
            time.sleep(_LOOK)


def _key(name: str) -> str:
    return f"order:{name}"
