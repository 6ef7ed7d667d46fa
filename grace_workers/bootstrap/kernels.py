"""The desk where people look at the kernels of the fleet and give orders to nodes."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from grace_workers.adapters.postgres.fleet.kernels import PostgresKernels, PostgresOrders
from grace_workers.bootstrap.runtime import Runtime
from grace_workers.fleet import Kernel, KernelReport, Order, OrderRequest
from grace_workers.foundation.catalog import Catalog
from grace_workers.foundation.errors import NotFoundError
from grace_workers.foundation.ids import InstanceName


@dataclass(frozen=True, slots=True)
class KernelDesk:
    """Its methods raise TransientError without a database."""

    kernels: Catalog[Kernel]
    reports: PostgresKernels
    orders: PostgresOrders

    def list_all(self, instance: str | None = None) -> Sequence[KernelReport]:
        """Return what the nodes last reported. Raises NotFoundError for a node that never did."""
        found = self.reports.list_all()
        if instance is None:
            return found
        mine = [one for one in found if one.instance == instance]
        if not mine:
            known = ", ".join(sorted({one.instance for one in found})) or "none"
            raise NotFoundError(f"no node {instance[:100]!r} has reported its kernels; known: {known}")
        return mine

    def is_critical(self, kernel: str) -> bool:
        """Return whether a node cannot do without it. Raises NotFoundError for what no node and no catalog knows."""
        if kernel not in self.kernels and any(one.kernel == kernel for one in self.reports.list_all()):
            # A process of a node that belongs to no kernel, as Flower, is one of its own there.
            return False
        return self.kernels[kernel].critical

    def node_of(self, kernel: str, instance: str | None) -> InstanceName:
        """Return the node that is meant: the given one, or the only one there is.

        Raises:
            NotFoundError: there is no such kernel or node, or there are several nodes and none was named.
        """
        self.is_critical(kernel)
        nodes = sorted({one.instance for one in self.list_all(instance)})
        if len(nodes) != 1:
            raise NotFoundError(
                f"several nodes run {kernel}; name one with --instance (?instance=): {', '.join(nodes)}"
            )
        return nodes[0]

    def give(self, request: OrderRequest) -> Order:
        """Give an order to a node."""
        return self.orders.give(request)

    def find(self, order: UUID) -> Order:
        """Return one order. Raises NotFoundError."""
        return self.orders.find(order)


def kernel_desk(runtime: Runtime) -> KernelDesk:
    """Return the desk of this runtime."""
    return KernelDesk(runtime.catalogs.kernels, PostgresKernels(runtime.engine), PostgresOrders(runtime.engine))
