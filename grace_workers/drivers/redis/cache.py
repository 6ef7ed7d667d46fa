"""The keys of a cache on a server, with copies of them in our own files."""

import re
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, TypeVar, cast

from redis import Redis, ResponseError

from grace_workers.actions import CacheKeys, KeyPresence, KeyRemoval, KeyStash, covers
from grace_workers.drivers.redis.server import RedisServer
from grace_workers.drivers.redis.stash import LARGEST, KeptKey, KeyStashes
from grace_workers.foundation.errors import PermanentError, TransientError

T = TypeVar("T")

_AT_ONCE = 100
_SCANNED_AT_ONCE = 1000
# One script, so that a value written between the look and the removal is never lost.
_REMOVE = """
local removed, kept = 0, 0
for index, name in ipairs(KEYS) do
  local now = redis.call('DUMP', name)
  if now and now == ARGV[index] then
    redis.call('UNLINK', name)
    removed = removed + 1
  elseif now then
    kept = kept + 1
  end
end
return {removed, kept}
"""


class RedisCache(CacheKeys):
    """The keys of one database of one server that begin with one of the prefixes."""

    def __init__(self, server: RedisServer, prefixes: Sequence[str], stashes: KeyStashes, search: timedelta) -> None:
        self._server = server
        self._prefixes = tuple(prefixes)
        self._stashes = stashes
        self._search = search.total_seconds()

    def total(self) -> int:
        with self._server.asked("size of the database") as server:
            return server.dbsize()

    def find(self, pattern: str, *, most: int) -> Sequence[str]:
        with self._server.asked(f"keys {pattern!r}") as server:
            return sorted(_text(name) for name in self._names(server, pattern, most))

    def stash(self, pattern: str, key: str, *, most: int) -> KeyStash:
        """Stash the keys. A key that is gone when it is read is not in the stash."""
        if not self._stashes.holds(key):
            with self._server.asked(f"keys {pattern!r}") as server:
                self._stashes.write(key, _dumped(server, sorted(self._names(server, pattern, most)), pattern))
        kept = self._stashes.read(key)
        return KeyStash(key=key, keys=len(kept), size=sum(len(one.dump) for one in kept))

    def remove(self, key: str) -> KeyRemoval:
        removed = left = 0
        with self._server.asked("removal of cache keys") as server:
            for some in _batches(self._stashes.read(key)):
                arguments = [*(one.name for one in some), *(one.dump for one in some)]
                gone, changed = cast("list[int]", server.eval(_REMOVE, len(some), *cast("list[Any]", arguments)))
                removed, left = removed + gone, left + changed
        return KeyRemoval(removed=removed, kept=left)

    def unstash(self, key: str) -> int:
        with self._server.asked("return of cache keys") as server:
            return sum(_restored(server, some) for some in _batches(_fresh(server, self._stashes.read(key))))

    def present(self, key: str) -> KeyPresence:
        with self._server.asked("look for cache keys") as server:
            fresh = _fresh(server, self._stashes.read(key))
            there = sum(server.exists(*(one.name for one in some)) for some in _batches(fresh))
        return KeyPresence(held=len(fresh), missing=len(fresh) - there)

    def _names(self, server: Redis, pattern: str, most: int) -> set[bytes]:
        found: set[bytes] = set()
        until = time.monotonic() + self._search
        cursor = 0
        while True:
            answer = server.scan(cursor, match=_glob(pattern), count=_SCANNED_AT_ONCE)
            cursor, names = cast("tuple[int, list[bytes]]", answer)
            # The server splits a binary name by bytes; what counts is that both agree.
            found.update(name for name in names if self._is_cache(_text(name)) and covers(pattern, _text(name)))
            if len(found) > most:
                raise PermanentError(f"more than {most} keys match {pattern!r}; narrow the pattern or raise `most`")
            if cursor == 0:
                return found
            if time.monotonic() > until:
                raise TransientError(
                    f"the search for keys {pattern!r} took longer than {self._search:g} s; raise `search` of the target"
                )

    def _is_cache(self, name: str) -> bool:
        return name.startswith(self._prefixes)


def _dumped(server: Redis, names: Sequence[bytes], pattern: str) -> Sequence[KeptKey]:
    kept: list[KeptKey] = []
    size = 0
    for some in _batches(names):
        now = _now(server)
        with server.pipeline(transaction=True) as asked:
            for name in some:
                asked.dump(name)
                asked.pttl(name)
            answers: list[Any] = asked.execute()
        for name, dump, left in zip(some, answers[::2], answers[1::2], strict=True):
            if dump is not None:
                kept.append(KeptKey(name, dump, now + left if left >= 0 else None))
                size += len(dump)
        if size > LARGEST:
            raise PermanentError(f"keys {pattern!r} hold more than {LARGEST >> 20} MiB to keep; narrow the pattern")
    return kept


def _restored(server: Redis, some: Sequence[KeptKey]) -> int:
    with server.pipeline(transaction=False) as asked:
        for one in some:
            asked.restore(one.name, one.expires_at or 0, one.dump, absttl=one.expires_at is not None)
        answers: list[Any] = asked.execute(raise_on_error=False)
    for answer in answers:
        # BUSYKEY: the key was written since, and what its owner wrote stays.
        if isinstance(answer, ResponseError) and not str(answer).startswith("BUSYKEY"):
            raise answer
    return sum(not isinstance(answer, Exception) for answer in answers)


def _fresh(server: Redis, kept: Sequence[KeptKey]) -> Sequence[KeptKey]:
    now = _now(server)
    return [one for one in kept if one.expires_at is None or one.expires_at > now]


def _now(server: Redis) -> int:
    seconds, microseconds = server.time()
    return seconds * 1000 + microseconds // 1000


def _glob(pattern: str) -> bytes:
    """Return the pattern in the server's language, in which not only the star is special."""
    return _bytes(re.sub(r"([?\[\]\\^])", r"\\\1", pattern))


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _batches(many: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(many), _AT_ONCE):
        yield many[start : start + _AT_ONCE]
