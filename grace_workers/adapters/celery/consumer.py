"""Celery's consumer with six changes.

It reconnects quickly, publishes task events together, reports from its loop that it is at work, and keeps the leases of
what its process holds. It parks messages that it cannot use, and ignores remote control.
"""

import json
import logging
import os
from collections.abc import Callable, Sequence
from datetime import timedelta
from time import monotonic, sleep
from typing import Any, ClassVar, cast

from celery.worker import state
from celery.worker.consumer import Consumer as StockConsumer
from redis.exceptions import ResponseError

from grace_workers.adapters.celery import lanes
from grace_workers.adapters.celery.commands import LIFE_VARIABLE
from grace_workers.adapters.celery.leases import LeaseKeeper

log = logging.getLogger(__name__)

_StockSteps: Any = StockConsumer.Blueprint

INSPECTION = "grace_workers.adapters.celery.inspection:Inspection"
FIRST_WAIT = 0.1
LONGEST_WAIT = 1.0
# At full rate Celery's own limit of 24 events comes first; neither is noticeable in Flower.
EVENTS_WAIT = 0.01
# If that timer is ever lost, the next event after this delay sets a new one.
EVENTS_OVERDUE = 1.0
# How often the loop reports that it is at work, and how long a report is valid.
PRESENT_EVERY = 0.4
PRESENT_FOR = timedelta(seconds=1.2)
# A broker that refuses accepts connections at once, so connecting says nothing about whether it will work.
REFUSED_WAIT = 0.3


class Steps(_StockSteps):  # type: ignore[misc]  # the stubs know no class here
    """The stock steps, with a mailbox that only answers questions."""

    default_steps: ClassVar[list[str]] = [
        INSPECTION if step.endswith(":Control") else step for step in _StockSteps.default_steps
    ]


class Consumer(StockConsumer):
    """The worker's consumer."""

    Blueprint = Steps

    # Celery's names that its stubs leave out.
    hub: Any
    pool: Any
    task_consumer: Any
    hostname: str
    connection_errors: tuple[type[Exception], ...]
    _flush_events: Callable[[], None]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        options = self.app.conf.broker_transport_options
        self._flush_expected = 0.0
        self._life = os.environ.get(LIFE_VARIABLE, "")
        self._keeper: LeaseKeeper | None = None
        if "lease_owner" in options:
            self._keeper = LeaseKeeper(
                self.app.conf.broker_read_url,
                options["lease_owner"],
                every=timedelta(seconds=options["visibility_timeout"] / 4),
                held=self._held_tags,
            )

    def start(self) -> None:
        """Start after the pool has forked. The keeper is not stopped: leases last while running jobs drain."""
        if self._keeper is not None:
            self._keeper.start()
        super().start()

    def register_with_event_loop(self, hub: Any) -> None:
        """Start to serve on a new connection."""
        super().register_with_event_loop(hub)
        hub.call_repeatedly(PRESENT_EVERY, self._say_present)
        self._say_present()

    def ensure_connected(self, conn: Any) -> Any:
        """Connect, retrying after 0.1 s and then at growing intervals up to 1 s; stock goes from 2 s up to 30 s."""
        stock_ensure = conn.ensure_connection

        def ensure(errback: Any = None, max_retries: Any = None, **options: Any) -> Any:
            waits = {"interval_start": FIRST_WAIT, "interval_step": FIRST_WAIT, "interval_max": LONGEST_WAIT}
            return stock_ensure(errback, max_retries, **{**options, **waits})

        conn.ensure_connection = ensure
        try:
            return super().ensure_connected(conn)
        finally:
            del conn.ensure_connection

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Drop the connection, and pause if the broker has refused, because it may refuse for minutes."""
        super().on_connection_error_after_connected(exc)
        if isinstance(exc, ResponseError):
            sleep(REFUSED_WAIT)

    def on_unknown_message(self, body: Any, message: Any) -> None:  # noqa: ARG002 - Celery's signature
        """Park a message that is not a task."""
        self._refuse(message, "it names no task")

    def on_unknown_task(self, body: Any, message: Any, exc: Exception) -> None:  # noqa: ARG002 - Celery's signature
        """Park a message whose task is unknown here."""
        self._refuse(message, f"no task is named {message.headers.get('task')!r:.200}")

    def on_invalid_task(self, body: Any, message: Any, exc: Exception) -> None:  # noqa: ARG002 - Celery's signature
        """Park a message from which Celery cannot make a request."""
        self._refuse(message, f"{type(exc).__name__}: {exc}"[:300])

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        """Park a message whose body cannot be decoded."""
        self._refuse(message, f"{type(exc).__name__}: {exc}"[:300])

    def on_send_event_buffered(self) -> None:  # type: ignore[override]  # the stubs say it returns a callable
        """Publish task events together, within some milliseconds; stock publishes at each turn of the loop.

        That was two fifths of the loop's time, and the loop limits a worker's rate. Any thread may call this.
        """
        now = monotonic()
        if self.hub and now > self._flush_expected:
            self._flush_expected = now + EVENTS_OVERDUE
            self.hub.call_soon(self._flush_later)

    def shutdown(self) -> None:
        """Publish the last events, of jobs that ended after the loop did, and shut down."""
        self._flush_events()
        super().shutdown()

    def _say_present(self) -> None:
        """Report this life of the worker and the queues from which it takes jobs.

        There is one key for each worker, because all of Celery's workers read a question put to one of them.
        """
        if cast("Any", state).should_stop is not None:
            return
        told = {"life": self._life, "queues": [queue.name for queue in self.task_consumer.queues]}
        with self.task_consumer.channel.conn_or_acquire() as client:
            try:
                client.set(f"{lanes.PRESENCE_PREFIX}{self.hostname}", json.dumps(told), px=PRESENT_FOR)
            except ResponseError as error:
                # A replica that was just promoted, or no memory left: the reader notices that the report is missing.
                log.warning("worker_presence_refused error=%s", error)

    def _refuse(self, message: Any, why: str) -> None:
        refusals = getattr(message.channel.qos, "refusals", None)
        if refusals is None:
            # The stock transport cannot park messages.
            log.error("message_unreadable why=%s", why)
        else:
            refusals[message.delivery_tag] = why
        message.reject_log_error(log, self.connection_errors)

    def _flush_later(self) -> None:
        self.hub.call_later(EVENTS_WAIT, self._flush_now)

    def _flush_now(self) -> None:
        self._flush_expected = 0.0
        self._flush_events()

    def _held_tags(self) -> Sequence[str]:
        """Return what runs (it survives a reconnect) and what the current channel has been given."""
        # `data` is the plain set inside the WeakSet: copying it is one C call, iterating the WeakSet is not.
        running = [request() for request in list(cast("Any", state.active_requests).data)]
        tags = {
            cast("str", request.message.delivery_tag) for request in running if request and not request.acknowledged
        }
        consumer = getattr(self, "task_consumer", None)
        channel = getattr(consumer, "channel", None)
        if channel is not None and hasattr(channel.qos, "held"):
            tags.update(channel.qos.held())
        return sorted(tags)
