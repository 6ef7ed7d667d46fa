"""What nodes report about their kernels, and the orders given to nodes. All times are the database's."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from grace_workers.adapters.postgres.columns import Columns
from grace_workers.adapters.postgres.engine import translated
from grace_workers.adapters.postgres.statement import many, one, run, run_all
from grace_workers.adapters.postgres.transaction import PostgresTransaction
from grace_workers.audit import Entry
from grace_workers.fleet import KernelReport, KernelState, Order, OrderRequest, OrderState
from grace_workers.foundation.errors import NotFoundError
from grace_workers.foundation.ids import InstanceName, uuid7
from grace_workers.foundation.redaction import starred
from grace_workers.orchestration.events.mesh import draft
from grace_workers.orchestration.events.topics.kernel_changed import DEFINITION as KERNEL_CHANGED
from grace_workers.orchestration.events.topics.kernel_changed import KernelChanged

SILENT_AFTER = timedelta(seconds=10)
"""Nodes report every three seconds; after this long without a report, a node's kernels count as unknown."""

_KERNEL = Columns(KernelReport)
_ORDER = Columns(Order)
_REQUEST = Columns(OrderRequest)

_REPORT = f"""
INSERT INTO kernels AS k ({_KERNEL})
SELECT r.*, clock_timestamp(), clock_timestamp()
FROM unnest(%(instance)s::text[], %(kernel)s::text[], %(state)s::text[], %(detail)s::text[], %(incarnation)s::text[],
    %(restarts)s::integer[], %(failing)s::boolean[]) AS r
ON CONFLICT (instance, kernel) DO UPDATE SET state = excluded.state, detail = excluded.detail,
    incarnation = excluded.incarnation, restarts = excluded.restarts, failing = excluded.failing,
    since = CASE WHEN k.state = excluded.state AND k.incarnation IS NOT DISTINCT FROM excluded.incarnation
        THEN k.since ELSE excluded.since END, checked_at = excluded.checked_at
"""  # noqa: S608 - only constants are put in

# Only the node itself writes its rows, so what is read here is what the next statements replace.
_STATES = "SELECT kernel, state FROM kernels WHERE instance = %(instance)s"

_FORGET = "DELETE FROM kernels WHERE instance = %(instance)s AND NOT kernel = ANY(%(kept)s::text[])"

# A node that died or left is in the register; one that is not in it, such as an API alone, stays here for a while.
_LIST = f"""
SELECT {_KERNEL}, clock_timestamp() - checked_at FROM kernels k
WHERE (%(instance)s::text IS NULL OR instance = %(instance)s) AND checked_at > clock_timestamp() - interval '10 min'
    AND NOT EXISTS (SELECT FROM instances i WHERE i.name = k.instance
        AND (i.died_at IS NOT NULL OR i.left_at IS NOT NULL))
ORDER BY instance, kernel
"""  # noqa: S608 - only constants are put in

_GIVE = f"""
INSERT INTO node_orders (id, state, {_REQUEST}) VALUES (%(id)s, 'open', {_REQUEST.marks})
RETURNING {_ORDER}
"""  # noqa: S608

# An order taken by a node that then died is taken again, because every verb may be repeated.
_TAKE = f"""
UPDATE node_orders SET taken_at = clock_timestamp(), state = 'taken'
WHERE id = (
    SELECT id FROM node_orders WHERE instance = %(instance)s AND done_at IS NULL
        AND (taken_at IS NULL OR NOT id = ANY(%(held)s::uuid[]))
    ORDER BY at LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING {_ORDER}
"""  # noqa: S608

_END = f"""
UPDATE node_orders SET done_at = clock_timestamp(), state = %(state)s, detail = %(detail)s
WHERE id = %(id)s AND done_at IS NULL RETURNING {_ORDER}
"""  # noqa: S608

_UNDER_WAY = """
SELECT FROM node_orders WHERE instance = %(instance)s AND kernel = %(kernel)s AND verb = 'restart' AND done_at IS NULL
"""

_FIND = f"SELECT {_ORDER} FROM node_orders WHERE id = %(id)s"  # noqa: S608


class PostgresKernels:
    """The kernels of the fleet as their nodes report them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._alone = engine.execution_options(isolation_level="AUTOCOMMIT")

    def report(self, reports: Sequence[KernelReport]) -> None:
        """Replace what is known about one node's kernels, and publish the changes.

        `since` stays while state and incarnation stay.
        """
        if not reports:
            return
        instance = reports[0].instance
        with translated(), self._engine.begin() as connection:
            before: dict[str, str] = dict(many(connection, _STATES, {"instance": instance}))
            rows = [{**_KERNEL.values(each), "detail": starred(each.detail)[:1000]} for each in reports]
            run_all(connection, _REPORT, rows)
            changed = [each for each in reports if before.get(each.kernel) != each.state]
            PostgresTransaction(connection).events.publish_all(
                [draft(KERNEL_CHANGED, _change(each, before.get(each.kernel))) for each in changed]
            )
            run(connection, _FORGET, {"instance": instance, "kept": [each.kernel for each in reports]})

    def list_all(self, instance: InstanceName | None = None) -> Sequence[KernelReport]:
        """Return the kernels of one node, or of every node that reported recently, by node and name.

        Those of a node that went silent have failed, whatever they last reported.
        """
        with translated(), self._alone.connect() as connection:
            return [_report(row) for row in many(connection, _LIST, {"instance": instance})]


class PostgresOrders:
    """The orders given to nodes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._alone = engine.execution_options(isolation_level="AUTOCOMMIT")

    def give(self, request: OrderRequest) -> Order:
        """Give an order, with its audit entry in the same transaction."""
        values = {"id": uuid7(), **_REQUEST.values(request)}
        with translated(), self._engine.begin() as connection:
            order = _ORDER.read(one(connection, _GIVE, values))
            PostgresTransaction(connection).audit.append(_entry(order, "ordered", request.asked_by))
        return order

    def under_way(self, instance: InstanceName, kernel: str) -> bool:
        """Return whether a restart of that kernel was ordered and has not ended yet."""
        with translated(), self._alone.connect() as connection:
            return one(connection, _UNDER_WAY, {"instance": instance, "kernel": kernel}) is not None

    def take(self, instance: InstanceName, *, held: Sequence[UUID] = ()) -> Order | None:
        """Take the oldest open order of a node, or None. `held` are those that its process is already carrying out."""
        with translated(), self._alone.connect() as connection:
            row = one(connection, _TAKE, {"instance": instance, "held": list(held)})
            return None if row is None else _ORDER.read(row)

    def end(self, order: UUID, state: OrderState, detail: str) -> None:
        """Record the result of an order, once, with its audit entry in the same transaction."""
        with translated(), self._engine.begin() as connection:
            row = one(connection, _END, {"id": order, "state": state.value, "detail": starred(detail)[:1000]})
            if row is not None:
                ended = _ORDER.read(row)
                PostgresTransaction(connection).audit.append(_entry(ended, state.value, f"node:{ended.instance}"))

    def find(self, order: UUID) -> Order:
        """Return one order. Raises NotFoundError."""
        with translated(), self._alone.connect() as connection:
            row = one(connection, _FIND, {"id": order})
        if row is None:
            raise NotFoundError(f"there is no order {order}")
        return _ORDER.read(row)


def _change(report: KernelReport, before: str | None) -> KernelChanged:
    return KernelChanged(
        instance=report.instance,
        kernel=report.kernel,
        before=before,
        after=report.state.value,
        why=starred(report.detail)[:1000],
        restarts=report.restarts,
    )


def _report(row: Any) -> KernelReport:
    *known, silent = row
    report = _KERNEL.read(known)
    if silent <= SILENT_AFTER:
        return report
    told = f"its node has been silent for {silent.total_seconds():.0f} s; last report: {report.state}: {report.detail}"
    return replace(report, state=KernelState.FAILED, detail=told)


def _entry(order: Order, outcome: str, actor: str) -> Entry:
    subject = f"{order.instance}/{order.kernel}" if order.kernel else order.instance
    data = {"order": str(order.id), "reason": order.reason, "forced": order.forced, "detail": order.detail}
    action = f"{'kernel' if order.kernel else 'node'}.{order.verb.value}"
    return Entry(at=datetime.now(UTC), actor=actor, action=action, subject=subject, outcome=outcome, data=data)
