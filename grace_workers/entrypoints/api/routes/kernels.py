"""The kernels of every node, their graph, and the orders to restart, pause or resume one."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from grace_workers.entrypoints.api.access import Operator, Run, Viewer
from grace_workers.entrypoints.api.body import described, read_as
from grace_workers.entrypoints.api.orders import KernelOrder
from grace_workers.entrypoints.api.problems import Refusal, responses
from grace_workers.entrypoints.api.views.kernel import KernelGraphView, KernelView, OrderView
from grace_workers.fleet import OrderRequest, Verb, graph_json
from grace_workers.foundation.errors import ConflictError, NotFoundError
from grace_workers.foundation.ids import parse_uuid
from grace_workers.governance import Role
from grace_workers.orchestration.fleet.kernel_control import KernelControl

router = APIRouter(prefix="/api/v1/kernels", tags=["kernels"])

_VERBS = {verb.value: verb for verb in (Verb.RESTART, Verb.PAUSE, Verb.RESUME)}
_Instance = Annotated[str | None, Query(max_length=100, description="the node; required when there are several")]


def _control(runtime: Run) -> KernelControl:
    return runtime.kernel_control


Control = Annotated[KernelControl, Depends(_control)]


@router.get("", summary="The kernels of the nodes", responses=responses(401, 404, 422, 429, 503))
def kernels(control: Control, _caller: Viewer, instance: _Instance = None) -> list[KernelView]:
    """Return each kernel as its node last reported it; those of a node that is silent for ten seconds have failed."""
    return [KernelView.of(one) for one in control.list_all(None if instance is None else instance.replace("\x00", ""))]


@router.get("/graph", summary="Which kernel needs which", responses=responses(401, 429))
def graph(control: Control, _caller: Viewer) -> KernelGraphView:
    """Return nodes, edges and the waves in which they start."""
    return KernelGraphView.model_validate(graph_json(control.kernels))


@router.get("/orders/{order}", summary="The state of an order", responses=responses(401, 404, 422, 429, 503))
def order_of(order: str, control: Control, _caller: Viewer) -> OrderView:
    """Return an order and, once it has ended, its outcome."""
    return OrderView.of(control.orders.find(parse_uuid(order, "order")))


@router.post(
    "/{name}/{verb}",
    status_code=202,
    summary="Restart, pause or resume a kernel",
    openapi_extra=described(KernelOrder),
    responses=responses(400, 401, 403, 404, 409, 415, 422, 429, 503),
)
def give(
    name: str,
    verb: str,
    control: Control,
    caller: Operator,
    order: Annotated[KernelOrder, Depends(read_as(KernelOrder))],
    instance: _Instance = None,
) -> OrderView:
    """Give the node an order, which it reads within half a second. Only an admin can pause a critical kernel."""
    if verb not in _VERBS:
        raise NotFoundError(f"unknown order {verb[:40]!r} for a kernel; known: {', '.join(_VERBS)}")
    node = control.node_of(name, None if instance is None else instance.replace("\x00", ""))
    if order.force and not caller.role.includes(Role.ADMIN):
        detail = f"force needs the role {Role.ADMIN}; the token {caller.name!r} is {caller.role}"
        raise Refusal(HTTPStatus.FORBIDDEN, detail)
    if verb == Verb.PAUSE and control.is_critical(name) and not order.force:
        raise ConflictError(f"{name} is critical, because a node cannot work without it; an admin can force its pause")
    request = OrderRequest(
        instance=node,
        kernel=name,
        verb=_VERBS[verb],
        asked_by=caller.name,
        reason=order.reason,
        forced=order.force,
    )
    return OrderView.of(control.orders.give(request))
