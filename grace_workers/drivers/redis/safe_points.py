"""Keys of a server as a part of safe points: as the server dumps them, each with its time of expiry."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, BinaryIO, cast

from redis import Redis, ResponseError, WatchError

from grace_workers.actions import go_on
from grace_workers.drivers._shared.kept_items import KeptItem, Nowhere, Printed, ReadItem, Sink, encoded, spelled
from grace_workers.drivers._shared.kept_parts import KeptParts, PartRoom
from grace_workers.drivers.redis.server import RedisServer
from grace_workers.foundation.errors import ConflictError, PermanentError, TransientError

_SCANNED_AT_ONCE = 1000
_TRIES = 20


class KeyParts(KeptParts):
    """The keys of one database of one server that begin with one of the prefixes."""

    def __init__(self, server: RedisServer, prefixes: Sequence[str], room: PartRoom, search: timedelta) -> None:
        super().__init__(room)
        self._server = server
        self._prefixes = tuple(prefixes)
        self._search = search

    @contextmanager
    def opened(self, *, writing: bool) -> "Iterator[_Keys]":
        """Use one connection for all."""
        del writing
        with self._server.asked("keys of a safe point") as server:
            yield _Keys(server, self._prefixes, self._search)


class _Keys:
    def __init__(self, server: Redis, prefixes: Sequence[str], search: timedelta) -> None:
        self._server = server
        self._prefixes = tuple(prefixes)
        self._search = search.total_seconds()

    def names(self) -> Iterator[str]:
        found: set[bytes] = set()
        until = time.monotonic() + self._search
        cursor = 0
        while True:
            cursor, names = cast("tuple[int, list[bytes]]", self._server.scan(cursor, count=_SCANNED_AT_ONCE))
            found.update(name for name in names if _text(name).startswith(self._prefixes))
            if cursor == 0:
                break
            if time.monotonic() > until:
                raise TransientError(
                    f"the search for keys took longer than {self._search:g} s; raise `search` of the target"
                )
        yield from sorted(encoded(_text(name)) for name in found)

    def read(self, name: str, into: Sink) -> ReadItem | None:
        for _ in range(_TRIES):
            seen = self._seen(_bytes(spelled(name)))
            if seen is not None:
                break
        else:
            raise TransientError(f"key {name[:120]!r} changes its type again and again; stop what writes to it")
        if seen.dump is None:
            return None
        into.write(seen.dump)
        return ReadItem(sha256=seen.fingerprint(), about={"expires_at": seen.expires})

    def _seen(self, key: bytes) -> "_Seen | None":
        """Read all of a key at one moment, so that its dump is what is fingerprinted; None when its type changed."""
        kind = cast("bytes", self._server.type(key)).decode()
        with self._server.pipeline(transaction=True) as pipeline:
            asked = cast("Any", pipeline)
            for command in (("TYPE", key), ("PEXPIRETIME", key), ("DUMP", key), _VALUES.get(kind, _nothing)(key)):
                asked.execute_command(*command)
            found, expires, dump, value = asked.execute(raise_on_error=False)
        for one in (expires, dump, value):
            if isinstance(one, ResponseError) and not str(one).startswith("WRONGTYPE"):
                raise one
        return _Seen(kind, expires, dump, value) if found in (kind, kind.encode()) else None

    def expected(self, kept: Mapping[str, KeptItem]) -> Mapping[str, KeptItem]:
        """Return the keys that have not expired since."""
        seconds, microseconds = self._server.time()
        now = seconds * 1000 + microseconds // 1000
        return {name: one for name, one in kept.items() if not 0 <= _expiry(one) <= now}

    def write(
        self, kept: Mapping[str, KeptItem], changed: Mapping[str, str | None], content: Callable[[KeptItem], BinaryIO]
    ) -> None:
        for name, was in changed.items():
            go_on()
            one, dump = kept.get(name), b""
            if one is not None:
                with content(one) as stream:
                    dump = stream.read()
            self._exchange(name, was, one, dump)

    def _exchange(self, name: str, was: str | None, kept: KeptItem | None, dump: bytes) -> None:
        """Write or remove one key, unless it is no longer what it was; the server refuses if that changes."""
        key = _bytes(spelled(name))
        with self._server.pipeline(transaction=True) as asked:
            cast("Any", asked).watch(key)
            seen = self.read(name, Nowhere())
            if (None if seen is None else seen.sha256) != was:
                raise ConflictError(f"key {name[:120]!r} was changed by others meanwhile; stop what writes to it")
            asked.multi()
            if kept is None:
                asked.unlink(key)
            else:
                expires = _expiry(kept)
                asked.restore(key, max(expires, 0), dump, replace=True, absttl=expires >= 0)
            try:
                asked.execute()
            except WatchError as error:
                raise ConflictError(f"key {name[:120]!r} was changed by others meanwhile") from error
            except ResponseError as error:
                raise PermanentError(f"key {name[:120]!r} cannot be put back: {str(error)[:200]}") from error


@dataclass(frozen=True, slots=True)
class _Seen:
    """A key as it was at one moment. There is no dump of a key that does not exist."""

    kind: str
    expires: int
    dump: bytes | None
    value: Any

    def fingerprint(self) -> str:
        """Return what is equal for equal values: a server dumps the same set in more than one order."""
        printed = Printed(Nowhere(), f"{self.kind}:{self.expires}")
        for part in self._parts():
            printed.write(b"%d:" % len(part))
            printed.write(part)
        return printed.sha256

    def _parts(self) -> Sequence[bytes]:
        value = self.value
        if self.kind == "string":
            return [value]
        if self.kind == "list":
            return cast("list[bytes]", value)
        if self.kind == "set":
            return sorted(value)
        if self.kind == "hash":
            return [part for pair in sorted(value.items()) for part in pair]
        if self.kind == "zset":
            return [part for name, score in sorted(value) for part in (name, repr(score).encode())]
        # Streams and the types of modules are dumped in one order. The last ten bytes are the version and a checksum.
        return [(self.dump or b"")[:-10]]


def _nothing(key: bytes) -> tuple[str | bytes, ...]:
    return ("EXISTS", key)


_VALUES: Mapping[str, Callable[[bytes], tuple[str | bytes, ...]]] = {
    "string": lambda key: ("GET", key),
    "list": lambda key: ("LRANGE", key, "0", "-1"),
    "set": lambda key: ("SMEMBERS", key),
    "hash": lambda key: ("HGETALL", key),
    "zset": lambda key: ("ZRANGE", key, "0", "-1", "WITHSCORES"),
}


def _expiry(kept: KeptItem) -> int:
    found = kept.about.get("expires_at", -1)
    return found if isinstance(found, int) else -1


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
