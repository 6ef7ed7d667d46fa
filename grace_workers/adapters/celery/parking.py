"""Parked messages as a person reads them. Their content is untrusted, including the shape of the record."""

from datetime import UTC, datetime
from typing import cast

import redis
from redis.exceptions import ResponseError

from grace_workers.adapters.celery import lanes
from grace_workers.foundation.redaction import redacted
from grace_workers.orchestration.work.doorbells import Unreadable, UnreadableMessage

_PARTS = 5
_LONGEST_REASON = 500


def read(client: redis.Redis, limit: int) -> Unreadable:
    """Return the parked messages, newest first. Raises RedisError when the broker is unreachable."""
    try:
        count, kept = client.get(lanes.UNREADABLE_COUNT_KEY), client.lrange(lanes.UNREADABLE_KEY, 0, limit - 1)
    except ResponseError:
        # Something else occupies one of our keys; the next message that is parked clears it.
        return Unreadable(count=0)
    newest = [_parked(record) for record in cast("list[bytes]", kept)]
    number = cast("bytes | None", count) or b"0"
    return Unreadable(count=int(number) if number.isdigit() else len(newest), newest=newest)


def _parked(record: bytes) -> UnreadableMessage:
    parts = record.split(b"\n", _PARTS - 1)
    if len(parts) != _PARTS:
        return UnreadableMessage(
            at=_moment(b""), queue="", size=len(record), why="it is not one of our records", text=_shown(record)
        )
    at, key, size, why, text = parts
    return UnreadableMessage(
        at=_moment(at),
        queue=_shown(key.partition(lanes.SEPARATOR.encode())[0]),
        size=int(size) if size.isdigit() else len(text),
        why=_shown(why)[:_LONGEST_REASON],
        text=_shown(text),
    )


def _moment(text: bytes) -> datetime:
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)


def _shown(text: bytes) -> str:
    """Return the text without secrets and with everything unprintable escaped, so that no terminal obeys it."""
    plain = redacted(text.decode("utf-8", "backslashreplace"))
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in plain)
