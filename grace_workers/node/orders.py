"""The order executor: carries out the orders that are given to a node.

Each act is a function of the order that returns a sentence or raises; more of them can be passed in.
"""

import threading
import time
from collections.abc import Callable, Mapping
from uuid import UUID

import structlog

from grace_workers.fleet import Order, OrderState, Verb
from grace_workers.foundation.errors import (
    ConflictError,
    GraceError,
    InputError,
    NotFoundError,
    TransientError,
)
from grace_workers.node.kernels.watch import KernelWatch
from grace_workers.node.ports import KernelPorts

Act = Callable[[Order], str]

_POLL = 0.5
_AT_ONCE = 4
_LETS_GO_WITHIN = 2.0

log = structlog.get_logger()


class OrderExecutor:
    """Runs on threads of the node's own process, so that it can act whatever has happened to the other processes."""

    def __init__(self, ports: KernelPorts, watch: KernelWatch, acts: Mapping[Verb, Act]) -> None:
        self._ports = ports
        self._watch = watch
        self._acts = acts
        self._stop = threading.Event()
        self._carrying: set[UUID] = set()
        self._threads = [
            threading.Thread(target=self._serve, name="orders", daemon=True),
            threading.Thread(target=watch.run, args=(self._stop,), name="kernel-watch", daemon=True),
        ]

    def start(self) -> None:
        """Start."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Take no more orders, and release; the node takes an unfinished order up again at its next start."""
        self._stop.set()
        deadline = time.monotonic() + _LETS_GO_WITHIN
        for thread in self._threads:
            if thread.ident is not None:
                # A thread that waits for a frozen server is left behind: it ends with this process.
                thread.join(max(0.0, deadline - time.monotonic()))
        self._watch.close()

    def _serve(self) -> None:
        while not self._stop.wait(_POLL):
            try:
                while len(self._carrying) < _AT_ONCE and (order := self._take()) is not None:
                    self._carrying.add(order.id)
                    threading.Thread(target=self._carry_out, args=(order,), name="order", daemon=True).start()
            except TransientError as error:
                log.debug("orders_wait", error=str(error))
            except Exception:
                # A node that takes no more orders could not be repaired from outside.
                log.exception("orders_broke")

    def _take(self) -> Order | None:
        return self._ports.orders.take(self._ports.instance, held=tuple(self._carrying))

    def _carry_out(self, order: Order) -> None:
        log.info("order_taken", verb=order.verb, kernel=order.kernel, by=order.asked_by, reason=order.reason)
        state, detail = self._outcome(order)
        log.info("order_ended", verb=order.verb, kernel=order.kernel, state=state, detail=detail)
        while True:
            try:
                self._ports.orders.end(order.id, state, detail)
            except TransientError:
                if self._stop.wait(_POLL):
                    return
            else:
                self._carrying.discard(order.id)
                return

    def _outcome(self, order: Order) -> tuple[OrderState, str]:
        act = self._acts.get(order.verb)
        if act is None:
            return OrderState.REFUSED, f"this node cannot {order.verb} a kernel"
        try:
            return OrderState.DONE, act(order)
        except (ConflictError, InputError, NotFoundError) as error:
            return OrderState.REFUSED, str(error)
        except GraceError as error:
            return OrderState.FAILED, str(error)
        except Exception as error:
            # Whatever an act breaks, the order gets an answer; the traceback is in the log.
            log.exception("order_broke", verb=order.verb, kernel=order.kernel)
            return OrderState.FAILED, f"{type(error).__name__}: {error}"
