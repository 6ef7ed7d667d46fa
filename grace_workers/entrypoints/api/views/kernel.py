"""The kernels of the nodes, their graph, and orders to them."""

from uuid import UUID

from pydantic import Field

from grace_workers.entrypoints.api.views.view import Moment, View


class KernelView(View):
    """A kernel, as its node last reported it."""

    instance: str
    kernel: str
    state: str
    detail: str
    incarnation: str | None
    restarts: int
    failing: bool
    since: Moment
    checked_at: Moment


class KernelNodeView(View):
    """A kernel of the graph."""

    name: str
    tier: str
    critical: bool
    process: str | None
    may_pause: bool
    needs: list[str]


class NeedView(View):
    """One kernel needs another."""

    needing: str = Field(alias="from")
    needed: str = Field(alias="to")


class KernelGraphView(View):
    """Which kernel needs which, and the waves in which they start."""

    kernels: list[KernelNodeView]
    needs: list[NeedView]
    waves: list[list[str]]


class OrderView(View):
    """An order to a node and, once it has ended, its outcome."""

    id: UUID
    instance: str
    kernel: str | None
    verb: str
    asked_by: str
    reason: str
    forced: bool
    at: Moment
    state: str
    detail: str | None
