"""The idle connections of clients to a server."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, cast

from redis import Redis

from grace_workers.actions import ClientSessions, IdleSession
from grace_workers.drivers.redis.server import RedisServer

# Blocked in a command, a monitor, a subscriber, a replica or its primary: none of them is idle, however long it waits.
_BUSY = frozenset("bOPSM")
_ANY_LENGTH = timedelta(0)


class RedisSessions(ClientSessions):
    """The connections of clients with one server (Redis 6.2 or newer, or Valkey). Idleness is known to the second."""

    def __init__(self, server: RedisServer) -> None:
        self._server = server

    def idle(self, older_than: timedelta, *, in_transaction: bool) -> Sequence[IdleSession]:
        with self._server.asked("connections of clients") as server:
            found = list(_idle(server, _listed(server), older_than, in_transaction=in_transaction))
        return sorted(found, key=lambda one: (-one.idle, one.number))

    def end(self, session: IdleSession) -> bool:
        with self._server.asked("end of a connection") as server:
            # A server that has no connection left has thousands, so it is asked for this one only.
            listed = _listed(server, session.number)
            now = _idle(server, listed, _ANY_LENGTH, in_transaction=session.in_transaction)
            if not any(_is_unused(one, session) for one in now):
                return False
            return bool(cast("Any", server).client_kill_filter(_id=str(session.number)))

    def count(self) -> int:
        with self._server.asked("connections of clients") as server:
            return len(_listed(server))


def _idle(
    server: Redis, listed: Sequence[Mapping[str, str]], older_than: timedelta, *, in_transaction: bool
) -> Iterator[IdleSession]:
    mine, run = str(server.client_id()), str(cast("Any", server).info("server")["run_id"])
    for one in listed:
        idle, within = timedelta(seconds=int(one["idle"])), int(one["multi"]) >= 0
        busy = one["id"] == mine or _BUSY & set(one["flags"]) or one["cmd"] == "NULL"
        if not busy and idle >= older_than and within is in_transaction:
            yield IdleSession(
                number=int(one["id"]), incarnation=run, application=one["name"], idle=idle, in_transaction=within
            )


def _listed(server: Redis, number: int | None = None) -> Sequence[Mapping[str, str]]:
    only = {"_type": "normal"} if number is None else {"client_id": [number]}
    found: Sequence[Mapping[str, str]] = cast("Any", server).client_list(**only)
    return found


def _is_unused(one: IdleSession, session: IdleSession) -> bool:
    same = (one.number, one.incarnation) == (session.number, session.incarnation)
    return same and one.idle >= session.idle
