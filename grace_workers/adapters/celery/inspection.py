"""What a worker answers to broadcasts: `ping`, the questions that Flower asks, and a look at a job. It obeys no orders.

Celery's own mailbox would let anyone who may publish on the broker stop the queues, the pool or the process, behind the
back of the ledger and the audit log. Everything that arrives here is untrusted, so nothing in it may end the worker or
its connection.
"""

import logging
from collections.abc import Mapping
from typing import Any

from celery.worker.consumer.control import Control
from celery.worker.control import Panel
from celery.worker.pidbox import Pidbox
from kombu.transport import redis as stock
from redis.exceptions import ResponseError

from grace_workers.adapters.celery import lanes, stack_taking

log = logging.getLogger(__name__)

# `heartbeat` asks for a sign of life among the events, by which Flower discovers a worker.
ANSWERED = frozenset(
    ("ping", "heartbeat", "stats", "active_queues", "registered", "scheduled", "active", "reserved", "revoked", "conf")
)
REPLIES = "reply.celery.pidbox"
_MALFORMED = (AttributeError, LookupError, TypeError, ValueError, RecursionError)


class InspectionBox(Pidbox):
    """Celery's mailbox with only the questions left in it."""

    c: Any
    node: Any
    hostname: str

    def on_message(self, body: Any, message: Any) -> None:  # noqa: ARG002 - Celery's signature
        """Answer a question put to this worker; log and ignore anything else."""
        try:
            method = body["method"]
            if body.get("destination") is not None and self.hostname not in body["destination"]:
                return
            if method != lanes.JOB_STACK and method not in ANSWERED:
                log.warning("remote_control_refused method=%.80r", method)
                return
            if method == lanes.JOB_STACK:
                answer = self._stack(body["arguments"])
            else:
                answer = Panel.data[method](self.node.state)
            if body.get("reply_to") is not None:
                self._reply({self.hostname: answer}, body["reply_to"], body.get("ticket"))
        except (*_MALFORMED, ResponseError) as error:
            log.warning("broadcast_unreadable error=%s", type(error).__name__)

    def start(self, c: Any) -> None:
        """Start to listen. If the broker refuses the mailbox, the worker loses the inspection, not its jobs."""
        try:
            super().start(c)
        except ResponseError as error:
            log.warning("inspection_unavailable error=%s", error)

    def _stack(self, asked: Mapping[str, Any]) -> Mapping[str, Any] | None:
        job, attempt = asked["job"], asked["attempt"]
        if not isinstance(job, str) or not isinstance(attempt, int):
            raise TypeError
        return stack_taking.take(self.c, job, attempt)

    def _reply(self, answer: Mapping[str, Any], to: Mapping[str, Any], ticket: Any) -> None:
        if to["exchange"] == REPLIES:
            self.node.reply(answer, exchange=REPLIES, routing_key=str(to["routing_key"]), ticket=ticket)


class Inspection(Control):
    """The step of the consumer that opens the mailbox."""

    name = "Inspection"

    def __init__(self, c: Any, **options: Any) -> None:
        super().__init__(c, **options)
        # Celery's own step passes calls to its mailbox in the same way.
        box: Any = InspectionBox(c)
        vars(self).update(box=box, start=box.start, stop=box.stop, shutdown=box.shutdown)


class PatientListener(stock.Channel):
    """A channel on which a malformed broadcast ends nothing."""

    def _receive_one(self, c: Any) -> Any:
        try:
            return super()._receive_one(c)  # type: ignore[misc]  # left out of the stubs
        except _MALFORMED as error:
            log.warning("broadcast_unreadable error=%s", type(error).__name__)
            return False
