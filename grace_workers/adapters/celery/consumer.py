"""Celery's consumer with six changes.

It reconnects fast, publishes task events together, says from its loop that it is at work, and its process keeps the
leases of what it holds. It parks what it cannot use, and obeys no remote control.
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
# At full rate Celery's own limit of 24 events comes first; in Flower nobody sees either.
EVENTS_WAIT = 0.01
# Should that timer ever be lost, the next event after this sets a new one.
EVENTS_OVERDUE = 1.0
# How often the loop says that it is at work, and how long that holds.
PRESENT_EVERY = 0.4
PRESENT_FOR = timedelta(seconds=1.2)
# The broker is there but refuses, so connecting again succeeds at once and says nothing of whether it will go on.
REFUSED_WAIT = 0.3


class Steps(_StockSteps):  # type: ignore[misc]  # the stubs know no class here
    """The stock steps, with a mailbox that only answers questions."""

    default_steps: ClassVar[list[str]] = [
        INSPECTION if step.endswith(":Control") else step for step in _StockSteps.default_steps
    ]


class Consumer(StockConsumer):
    """The worker's consumer."""

    Blueprint = Steps

    # Names of Celery's that its stubs leave out.
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
        """Begin to serve on a new connection."""
        super().register_with_event_loop(hub)
        hub.call_repeatedly(PRESENT_EVERY, self._say_present)
        self._say_present()

    def ensure_connected(self, conn: Any) -> Any:
        """Connect, trying again after 0.1 s, then ever later up to 1 s; stock waits 2 s first and up to 30 s."""
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
        """Let the connection go, and wait a moment when the broker has refused: it may do so for minutes."""
        super().on_connection_error_after_connected(exc)
        if isinstance(exc, ResponseError):
            sleep(REFUSED_WAIT)

    def on_unknown_message(self, body: Any, message: Any) -> None:  # noqa: ARG002 - Celery's signature
        """Park a message that is no task."""
        self._refuse(message, "it names no task")

    def on_unknown_task(self, body: Any, message: Any, exc: Exception) -> None:  # noqa: ARG002 - Celery's signature
        """Park a message of a task that is not known here."""
        self._refuse(message, f"no task is named {message.headers.get('task')!r:.200}")

    def on_invalid_task(self, body: Any, message: Any, exc: Exception) -> None:  # noqa: ARG002 - Celery's signature
        """Park a message that Celery cannot make a request of."""
        self._refuse(message, f"{type(exc).__name__}: {exc}"[:300])

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        """Park a message whose body cannot be decoded."""
        self._refuse(message, f"{type(exc).__name__}: {exc}"[:300])

    def on_send_event_buffered(self) -> None:  # type: ignore[override]  # the stubs say it returns a callable
        """Publish task events in some milliseconds, together; stock publishes at each turn of the loop.

        That was two fifths of the loop's time, and the loop is what bounds a worker's rate. Any thread may call this.
        """
        now = monotonic()
        if self.hub and now > self._flush_expected:
            self._flush_expected = now + EVENTS_OVERDUE
            self.hub.call_soon(self._flush_later)

    def shutdown(self) -> None:
        """Say the last events, of what has ended since the loop did, and shut down."""
        self._flush_events()
        super().shutdown()

    def _say_present(self) -> None:
        """Say which life of the worker this is and from which queues it takes jobs.

        One key for each worker, where a question to one of Celery's workers is read by all of them.
        """
        if cast("Any", state).should_stop is not None:
            return
        told = {"life": self._life, "queues": [queue.name for queue in self.task_consumer.queues]}
        with self.task_consumer.channel.conn_or_acquire() as client:
            try:
                client.set(f"{lanes.PRESENCE_PREFIX}{self.hostname}", json.dumps(told), px=PRESENT_FOR)
            except ResponseError as error:
                # A replica that was just promoted, or no memory left: whoever asks sees that nothing is said.
                log.warning("worker_presence_refused error=%s", error)

    def _refuse(self, message: Any, why: str) -> None:
        refusals = getattr(message.channel.qos, "refusals", None)
        if refusals is None:
            # The stock transport has no parking place.
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
        """Return what runs (it survives a reconnect) and what the present channel has been given."""
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
