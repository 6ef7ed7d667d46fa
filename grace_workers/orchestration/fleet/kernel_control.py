"""Kernel control: people look at the fleet's kernels here, and give orders to nodes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from grace_workers.fleet import Kernel, KernelReport, Order, OrderRequest
from grace_workers.foundation.catalog import Catalog
from grace_workers.foundation.errors import NotFoundError
from grace_workers.foundation.ids import InstanceName


class KernelReports(Protocol):
    """What nodes last reported about their kernels."""

    def list_all(self) -> Sequence[KernelReport]:
        """Return the kernels of every node that reported recently. Raises TransientError."""


class KernelOrders(Protocol):
    """The orders given to nodes."""

    def give(self, request: OrderRequest) -> Order:
        """Give an order, with its audit entry. Raises TransientError."""

    def find(self, order: UUID) -> Order:
        """Return one order. Raises NotFoundError or TransientError."""


@dataclass(frozen=True, slots=True)
class KernelControl:
    """People's view of kernels and their orders. Methods raise TransientError without a database."""

    kernels: Catalog[Kernel]
    reports: KernelReports
    orders: KernelOrders

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
        """Return whether a node needs the kernel to serve. Raises NotFoundError if no node and no catalog knows it."""
        if kernel not in self.kernels and any(one.kernel == kernel for one in self.reports.list_all()):
            # A process that belongs to no kernel, such as Flower, counts as a kernel of its own there.
            return False
        return self.kernels[kernel].critical

    def node_of(self, kernel: str, instance: str | None) -> InstanceName:
        """Return the node that is meant: the given one, or the only one.

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
