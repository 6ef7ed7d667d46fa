"""The broker transport: kombu's Redis transport with an atomic fetch, leases and express slots.

Stock kombu pops a message and records that it did so in two steps; a process that dies or freezes between them loses
the message. Here one Lua call does both. Idle workers wait on wake lists, which hold tokens, not messages, so nothing
of value is ever handed to a process that may not be there to take it.

tests/unit/celery checks kombu's private names that are used here; kombu is pinned exactly (ADR 0005).
"""

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from queue import Empty
from time import monotonic
from typing import Any

from kombu.transport import redis as stock
from kombu.transport import virtual
from kombu.utils.encoding import bytes_to_str
from redis.commands.core import Script
from redis.exceptions import NoScriptError, ResponseError

from grace_workers.adapters.celery import envelope, lanes, scripts
from grace_workers.adapters.celery.inspection import PatientListener

log = logging.getLogger(__name__)

RESTORE_AT_ONCE = 100


class LeasedQoS(stock.QoS):
    """Bookkeeping of what this channel holds; the lease itself is on the broker.

    `refusals` may say why the message of a tag is about to be rejected.
    """

    channel: Any
    _dirty: set[str]
    _delivered: OrderedDict[str, Any]
    # An unsettled message comes back when its lease ends; the stock restore crashes on a dead connection.
    restore_at_shutdown = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.refusals: dict[str, str] = {}

    def append(self, message: Any, delivery_tag: str) -> None:
        """Record a delivered message; the fetch has leased it already."""
        virtual.QoS.append(self, message, delivery_tag)

    def ack(self, delivery_tag: str) -> None:
        """Settle the message, but first free its place in the window, so that a waiting fetch is woken in time."""
        virtual.QoS.ack(self, delivery_tag)
        self.channel.settle(delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:  # noqa: FBT001, FBT002 - kombu's signature
        """Put the message at the end of its level; park one that cannot be used, and never drop it."""
        virtual.QoS.ack(self, delivery_tag)
        why = self.refusals.pop(delivery_tag, "no job could be claimed with it; the worker's log says why")
        if requeue:
            self.channel.give_back(delivery_tag, front=False)
        else:
            self.channel.park(delivery_tag, why)

    def restore_visible(self, *_args: Any, **_options: Any) -> None:
        """Put messages whose lease has ended at the front of their level."""
        self.channel.restore_expired()

    def restore_by_tag(self, tag: str, client: Any = None, leftmost: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        """Put one message back; `leftmost` is kombu's word for the end that is read last."""
        self.channel.give_back(tag, front=not leftmost)

    def held(self) -> list[str]:
        """Return the tags delivered and not yet settled. Safe from any thread: each copy is one C call."""
        settled = set(self._dirty)
        return [tag for tag in list(self._delivered) if tag not in settled]


class LeasedChannel(PatientListener):
    """A channel whose fetch is one Lua call by level, then queue."""

    QoS = LeasedQoS
    qos: Any
    connection: Any
    connection_errors: tuple[type[Exception], ...]
    # kombu's private names, typed here because its stubs leave them out.
    _queue_cycle: Any
    _q_for_pri: Callable[[str, int], str]
    _flush_brpop_reauth: Callable[[], None]
    _create_client: Callable[[], Any]
    _pool: Any
    _disconnect_pools: Callable[[], None]
    from_transport_options = (*stock.Channel.from_transport_options, "lease_owner", "express_slots")
    unacked_key = lanes.LEASED_KEY
    unacked_index_key = lanes.LEASES_KEY
    lease_owner = ""
    express_slots = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._unleased: set[str] = set()
        self._fetching = False
        # Whether the last fetch over all queues, and the last over the express queues, found something.
        self._more = False
        self._more_express = False
        self._narrowed = False
        self._fetched_express_only = False
        self._kept_params: dict[str, Any] = {}
        self._script_cache: dict[str, Script] = {}
        self._kept_client: Any = None
        super().__init__(*args, **kwargs)
        self._opened_at = monotonic()
        self._kept_params = self._connparams()

    # -- what a fetch reads -------------------------------------------------------------------------------------

    def basic_consume(self, queue: str, no_ack: bool, *args: Any, **kwargs: Any) -> Any:  # noqa: FBT001 - kombu's
        """Consume; a queue read without acknowledgement is not leased."""
        if no_ack:
            self._unleased.add(queue)
        return super().basic_consume(queue, no_ack, *args, **kwargs)

    def _express_only(self, queues: list[str]) -> bool:
        """Whether only the reserved slots are free. The flag is raised before counting, so that an ack sees it."""
        window = self.qos.prefetch_count
        if not (self.express_slots and window and any(map(lanes.is_express, queues))):
            self._narrowed = False
            return False
        self._narrowed = True
        self._narrowed = len(self.qos.held()) >= window - self.express_slots
        return self._narrowed

    def _readable_queues(self) -> list[str]:
        queues = list(self._queue_cycle.consume(len(self.active_queues)))
        return [queue for queue in queues if lanes.is_express(queue)] if self._express_only(queues) else queues

    def _fetch_arguments(self, queues: list[str]) -> tuple[list[str], list[str]]:
        """Return KEYS and ARGV of the fetch over `queues`, level first, so that level order holds across queues."""
        wakes = [lanes.wake_key(queue) for queue in queues]
        order = [(queue, level) for level in self.priority_steps for queue in queues]
        keys = [*self._lease_keys(), *wakes]
        keys += [self._q_for_pri(queue, level) for queue, level in order]
        leased = ["" if queue in self._unleased else lanes.wake_key(queue) for queue, _ in order]
        return keys, [self.lease_owner, str(len(wakes)), *leased]

    # -- the poller's two calls ---------------------------------------------------------------------------------

    def _brpop_start(self, timeout: float | None = None) -> None:
        """Ask for a message at once if the last fetch found one, otherwise wait for a token."""
        queues = self._readable_queues()
        if not queues:
            return
        connection = self.client.connection
        self._in_poll = connection
        self._brpop_sent_at = monotonic()
        self._fetching = self._more_express if self._narrowed else self._more
        if self._fetching:
            self._send_fetch(queues)
            return
        tokens = [lanes.wake_key(queue) for queue in queues]
        if self._narrowed:
            tokens.append(self._own_wake_key())
        connection.send_command("BRPOP", *tokens, timeout or self.brpop_timeout)

    def _brpop_read(self, **options: Any) -> bool:
        """Take the reply; after a token (or none in time) fetch whatever has arrived. Raises Empty."""
        try:
            found = self._reply(**options)
            self._more_express = found is not None
            if not self._fetched_express_only:
                self._more = found is not None
            message = self._read(found)
            queue = message["properties"]["delivery_info"]["routing_key"]
            self._queue_cycle.rotate(queue)
            self.connection._deliver(message, queue)  # noqa: SLF001 - as the stock channel does
            return True
        finally:
            self._in_poll = None
            self._flush_brpop_reauth()

    def _read(self, found: list[bytes] | int | None) -> dict[str, Any]:
        """Return the fetched message; park one that cannot be read. Raises Empty."""
        if not isinstance(found, list):
            raise Empty
        key, text, tag = found
        try:
            return envelope.read(text, bytes_to_str(key).rsplit(self.sep, 1)[0])
        except envelope.UnreadableMessageError as error:
            self.park(tag, str(error))
            raise Empty from error

    def _reply(self, **options: Any) -> list[bytes] | int | None:
        connection = self.client.connection
        try:
            if not self._fetching:
                self._await_token(**options)
                self._send_fetch(self._readable_queues())
            return self._fetched(**options)
        except self.connection_errors:
            connection.disconnect()
            raise

    def _await_token(self, **options: Any) -> None:
        try:
            self.client.parse_response(self.client.connection, "BRPOP", **options)
        except ResponseError as error:
            # The key where tokens belong is not a list.
            wakes = [lanes.wake_key(queue) for queue in self.active_queues]
            if not self._run(scripts.CLEAR, [*wakes, self._own_wake_key()], []):
                raise
            log.warning("wake_list_cleared error=%s", error)

    def _fetched(self, **options: Any) -> list[bytes] | int | None:
        connection = self.client.connection
        try:
            found: list[bytes] | int | None = self.client.parse_response(connection, "EVALSHA", **options)
        except NoScriptError:
            # A restarted broker has forgotten the scripts.
            self._create_client().script_load(scripts.FETCH)
            self._send_fetch(self._readable_queues())
            found = self.client.parse_response(connection, "EVALSHA", **options)
        return found

    def _send_fetch(self, queues: list[str]) -> None:
        self._fetched_express_only = self._narrowed
        keys, arguments = self._fetch_arguments(queues)
        self.client.connection.send_command("EVALSHA", self._script(scripts.FETCH).sha, len(keys), *keys, *arguments)

    def _get(self, queue: str, timeout: float | None = None) -> Any:  # noqa: ARG002 - kombu's signature
        keys, arguments = self._fetch_arguments([queue])
        return self._read(self._run(scripts.FETCH, keys, arguments))

    # -- leases -------------------------------------------------------------------------------------------------

    def settle(self, tag: str) -> bool:
        """End the lease for good; False when it was no longer ours. Also works after the channel was closed."""
        return bool(self._run(scripts.SETTLE, *self._freeing(tag)))

    def give_back(self, tag: bytes | str, *, front: bool) -> bool:
        """Put a leased message back into its list; False when the lease was no longer ours."""
        keys, arguments = self._freeing(tag)
        return bool(self._run(scripts.GIVE_BACK, keys, [*arguments, "RPUSH" if front else "LPUSH"]))

    def park(self, tag: bytes | str, why: str) -> bool:
        """Park a leased message that cannot be used; False when the lease was no longer ours."""
        keys, arguments = self._freeing(tag)
        log.error("message_unreadable tag=%.80r why=%s", tag, why)
        return bool(self._run(scripts.PARK, keys, [*arguments, why]))

    def restore_expired(self) -> int:
        """Restore messages with expired leases; none for one lease after connecting, because owners reconnect too."""
        if monotonic() - self._opened_at < self.visibility_timeout:
            return 0
        moved = int(
            self._run(scripts.RESTORE, self._lease_keys(), [str(self.visibility_timeout), str(RESTORE_AT_ONCE)])
        )
        if moved:
            log.warning("leases_expired moved=%d", moved)
        return moved

    def _freeing(self, tag: bytes | str) -> tuple[list[str], list[bytes | str]]:
        """Return KEYS and ARGV of the call that ends a lease, and wakes our own fetch if it waits for a slot."""
        keys = [*self._lease_keys(), self._own_wake_key()]
        return keys, [self.lease_owner, tag, "1" if self._narrowed else "0"]

    def _lease_keys(self) -> list[str]:
        return [self.unacked_key, self.unacked_index_key, lanes.UNREADABLE_KEY, lanes.UNREADABLE_COUNT_KEY]

    def _own_wake_key(self) -> str:
        return lanes.wake_key(f"grace.slots:{self.lease_owner}")

    # -- publishing ---------------------------------------------------------------------------------------------

    def _put(self, queue: str, message: Any, **kwargs: Any) -> None:
        batch = kwargs.get("_publish_batch")
        super()._put(queue, message, **kwargs)
        wake = lanes.wake_key(queue)
        token = (
            ("lpush", (wake, "1")),
            ("ltrim", (wake, 0, lanes.WAKE_TOKENS)),
            ("expire", (wake, lanes.WAKE_SECONDS)),
        )
        if batch is not None:
            for command, arguments in token:
                batch.add(command, *arguments)
            return
        with self.conn_or_acquire() as client, client.pipeline(transaction=False) as pipe:
            for command, arguments in token:
                getattr(pipe, command)(*arguments)
            pipe.execute()

    # -- connections --------------------------------------------------------------------------------------------

    @contextmanager
    def conn_or_acquire(self, client: Any = None) -> Iterator[Any]:
        """Return a client, kept as long as its pool, because making one costs more than most of its commands."""
        if client is None:
            client = self._kept_client
            if client is None or client.connection_pool is not self._pool:
                client = self._kept_client = self._create_client()
        yield client

    def _script(self, text: str) -> Script:
        if text not in self._script_cache:
            self._script_cache[text] = self._create_client().register_script(text)
        return self._script_cache[text]

    def _run(self, text: str, keys: Sequence[str], arguments: Sequence[bytes | str]) -> Any:
        with self.conn_or_acquire() as client:
            try:
                return self._script(text)(keys=keys, args=arguments, client=client)
            finally:
                if self.closed:
                    self._disconnect_pools()

    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002 - kombu's signature
        """Return the connection's parameters; the stored ones if a late ack comes after the connection was closed."""
        if self.connection is None:
            return dict(self._kept_params)
        params: dict[str, Any] = super()._connparams(asynchronous=asynchronous)  # type: ignore[misc]  # left out of the stubs
        return params

    def close(self) -> None:
        """Close; a message whose fetch is still in progress goes back to the front of its level."""
        if self._in_poll:
            self._abandon_poll()
        super().close()

    def _abandon_poll(self) -> None:
        try:
            if self._fetching:
                found = self.client.parse_response(self.client.connection, "EVALSHA")
                if isinstance(found, list):
                    self.give_back(found[2], front=True)
        except (*self.connection_errors, self.ResponseError) as error:
            log.info("fetch_abandoned error=%s; the lease, if any, expires by itself", type(error).__name__)
        finally:
            self._in_poll = None


class Transport(stock.Transport):
    """The transport that Celery loads by class path.

    What the broker refuses, it refuses because of its own state: it is a replica, its memory or disk is full, it is
    loading, its users have just been changed. That passes, as a lost connection does, so it is treated as one.
    """

    Channel = LeasedChannel
    connection_errors = (*stock.Transport.connection_errors, ResponseError)
