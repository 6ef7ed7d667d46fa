"""Ringing doorbells: raw Celery protocol-2 messages, pushed in one pipeline per batch.

`apply_async` spends its time on options and safe representations; a doorbell needs neither, so it is a template.
"""

import json
import secrets
from base64 import b64encode
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import cast
from uuid import uuid4

import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError
from redis.retry import Retry

from grace_workers.adapters.celery import lanes, parking
from grace_workers.adapters.guard import BreakerRegistry, Limits
from grace_workers.foundation.breaker import BreakerPolicy
from grace_workers.foundation.errors import TransientError
from grace_workers.orchestration.job import Pool, Priority
from grace_workers.orchestration.work.doorbells import Doorbell, Lane, Unreadable

SCHEMA_VERSION = 1
# Short waits: the relay must ring soon after the broker is back.
BROKER = Limits(policy=BreakerPolicy(first=timedelta(milliseconds=100), longest=timedelta(milliseconds=500)))


class DoorbellPublisher:
    """The broker's side of the port `Doorbells`, over one connection pool that is safe to share between threads."""

    def __init__(self, broker_url: str, *, origin: str = "grace-relay", guards: BreakerRegistry | None = None) -> None:
        self._guard = (guards or BreakerRegistry()).of("broker", BROKER)
        self._client = redis.Redis.from_url(
            broker_url,
            socket_timeout=5,
            socket_connect_timeout=2,
            socket_keepalive=True,
            health_check_interval=10,
            retry=Retry(NoBackoff(), 0),  # a repeated batch is the relay's decision
        )
        self._origin = origin

    def ring(self, bells: Sequence[Doorbell]) -> None:
        """Send all of them in one batch. A TransientError means delivery unknown: ring them all again."""
        if not bells:
            return
        rung = Counter(lanes.queue_of_lane(bell.lane) for bell in bells)
        with self._translated("ring"), self._client.pipeline(transaction=False) as pipe:
            for bell in bells:
                level = lanes.level_of(bell.priority)
                key = lanes.list_key(lanes.queue_of_lane(bell.lane), level)
                pipe.lpush(key, message_text(bell, origin=self._origin))
            for queue, count in rung.items():
                wake = lanes.wake_key(queue)
                pipe.lpush(wake, *["1"] * min(count, lanes.WAKE_TOKENS))
                pipe.ltrim(wake, 0, lanes.WAKE_TOKENS)
                pipe.expire(wake, lanes.WAKE_SECONDS)
            pipe.execute()

    def depths(self, private: Collection[Lane] = ()) -> Mapping[Lane, int]:
        """Return how many doorbells wait in every shared lane, including empty ones, and in these private lanes."""
        order = [
            Lane(pool=pool, priority=Priority(10 - level), express=express)
            for pool in Pool
            for express in (False, True)
            for level in lanes.LEVELS
        ]
        order += [lane for lane in private if lane.only_on is not None]
        with self._translated("count"), self._client.pipeline(transaction=False) as pipe:
            for lane in order:
                pipe.llen(lanes.list_key(lanes.queue_of_lane(lane), lanes.level_of(lane.priority)))
            return dict(zip(order, pipe.execute(), strict=True))

    def unreadable(self, limit: int = 100) -> Unreadable:
        """Return at most `limit` parked messages, with which no job could be claimed."""
        with self._translated("read what is parked on"):
            return parking.read(self._client, limit)

    def epoch(self) -> str | None:
        """Return run id and marker as one text, or None when the marker is missing or has the wrong type."""
        with self._translated("read the epoch of"):
            server = self._client.info("server")
            try:
                marker = cast("bytes | None", self._client.get(lanes.MARKER_KEY))
            except ResponseError:
                self._client.delete(lanes.MARKER_KEY)
                marker = None
        return f"{server['run_id']}:{marker.decode(errors='replace')}" if marker else None

    def plant_marker(self) -> str:
        """Restore the marker if it is missing, and return the epoch."""
        with self._translated("mark"):
            self._client.set(lanes.MARKER_KEY, secrets.token_hex(8), nx=True)
        epoch = self.epoch()
        if epoch is None:
            raise TransientError(
                "the broker lost its marker right after it was written; check whether its memory is full"
            )
        return epoch

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    @contextmanager
    def _translated(self, doing: str) -> Iterator[None]:
        with self._guard.call():
            try:
                yield
            except (RedisError, OSError) as error:
                raise TransientError(f"cannot {doing} the broker: {type(error).__name__}") from error


def message_text(bell: Doorbell, *, origin: str) -> str:
    """Return the message as kombu stores it: an envelope of JSON around a body in base64."""
    job = str(bell.job_id)
    level = lanes.level_of(bell.priority)
    body = json.dumps([[job], {"level": level, "version": SCHEMA_VERSION}, {}])
    headers = {
        "lang": "py",
        "task": bell.name,
        "id": job,
        "root_id": job,
        "parent_id": None,
        "group": None,
        "argsrepr": f"({job!r},)",
        "kwargsrepr": "{}",
        "origin": origin,
        "ignore_result": True,
        "retries": 0,
        "timelimit": [None, None],
    }
    queue = lanes.queue_of_lane(bell.lane)
    properties = {
        "correlation_id": job,
        "delivery_mode": 2,
        # The transport replaces text of exactly this form by true when it redelivers the message.
        "delivery_info": {"redelivered": False, "exchange": "", "routing_key": queue},
        "priority": level,
        "body_encoding": "base64",
        "delivery_tag": str(uuid4()),
    }
    envelope = {
        "body": b64encode(body.encode()).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "properties": properties,
        "headers": headers,
    }
    return json.dumps(envelope)
