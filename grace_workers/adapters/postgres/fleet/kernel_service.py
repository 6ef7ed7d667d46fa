"""A kernel of a node as a service that can be restarted: by an order to its node, whose result is awaited."""

import time
from datetime import timedelta

from sqlalchemy import Engine

from grace_workers.actions import Restartable, ServiceStatus
from grace_workers.adapters.postgres.fleet.kernels import PostgresKernels, PostgresOrders
from grace_workers.fleet import KernelReport, Order, OrderRequest, OrderState, Verb
from grace_workers.foundation.errors import NotFoundError, PermanentError, TransientError
from grace_workers.foundation.ids import InstanceName

_ENDS_WITHIN = 60.0
_STARTS_WITHIN = 30.0
_LOOK = 0.1
_WHY = "requested by the fleet's own incident"


class KernelService(Restartable):
    """Implements `Restartable`. A supervised process does not stay stopped.

    `stop` ends this incarnation for good, and its node starts the next; `start` waits until that one serves.
    """

    def __init__(self, engine: Engine, instance: InstanceName, kernel: str) -> None:
        self._reports = PostgresKernels(engine)
        self._orders = PostgresOrders(engine)
        self._instance = instance
        self._kernel = kernel

    def status(self) -> ServiceStatus:
        """Return whether the kernel serves, by the last report of its node.

        A restart in progress is awaited: the attempt that ordered it may have died by it, and the next must not
        order another.
        """
        deadline = time.monotonic() + _ENDS_WITHIN
        while self._orders.under_way(self._instance, self._kernel) and time.monotonic() < deadline:
            time.sleep(_LOOK)
        report = self._report()
        said = f"{report.state}: {report.detail}"
        running = report.state.serves
        # Both times are its own node's, so that no other clock is involved.
        serving = max(report.checked_at - report.since, timedelta(0)) if running else timedelta(0)
        return ServiceStatus(running=running, incarnation=report.incarnation, detail=said, serving=serving)

    def start(self) -> ServiceStatus:
        """Return once the kernel serves. Raises TransientError when it does not in time."""
        deadline = time.monotonic() + _STARTS_WITHIN
        while not (status := self.status()).running:
            if time.monotonic() > deadline:
                raise TransientError(f"{self._name} is {status.detail}, {_STARTS_WITHIN:g} s after its restart")
            time.sleep(_LOOK)
        return status

    def stop(self, grace: timedelta) -> ServiceStatus:
        """Have its node restart the kernel, and wait for the result. The node knows how long a stop may take.

        Raises:
            TransientError: the node does not do so in time; it may be unreachable.
            PermanentError: the node refused, or the kernel did not come back.
        """
        del grace
        asked = OrderRequest(
            instance=self._instance, kernel=self._kernel, verb=Verb.RESTART, asked_by="grace", reason=_WHY
        )
        order = self._ended(self._orders.give(asked))
        if order.state is not OrderState.DONE:
            raise PermanentError(f"the restart of {self._name} {order.state}: {order.detail}")
        return self.status()

    @property
    def _name(self) -> str:
        return f"{self._kernel} of node {self._instance}"

    def _report(self) -> KernelReport:
        for one in self._reports.list_all(self._instance):
            if one.kernel == self._kernel:
                return one
        raise NotFoundError(f"node {self._instance} has not reported a kernel {self._kernel!r}")

    def _ended(self, order: Order) -> Order:
        deadline = time.monotonic() + _ENDS_WITHIN
        while not (found := self._orders.find(order.id)).state.ended:
            if time.monotonic() > deadline:
                raise TransientError(f"node {self._instance} has not carried out the restart in {_ENDS_WITHIN:g} s")
            time.sleep(_LOOK)
        return found
