"""How a server saves its data to disk: the snapshots of `BGSAVE`."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from redis import Redis

from grace_workers.actions import DataSnapshots, SavedState, go_on
from grace_workers.drivers.redis.server import RedisServer
from grace_workers.foundation.errors import PermanentError, TransientError

_EVERY = 0.05


class RedisSnapshots(DataSnapshots):
    """The snapshots of one server; `longest` is how long one may take."""

    def __init__(self, server: RedisServer, longest: timedelta) -> None:
        self._server = server
        self._longest = longest.total_seconds()

    def state(self) -> SavedState:
        with self._server.asked("how the server saves its data") as server:
            said = _said(server)
        return SavedState(
            failed=said["rdb_last_bgsave_status"] != "ok",
            saved_at=datetime.fromtimestamp(int(said["rdb_last_save_time"]), UTC),
        )

    def save(self) -> None:
        with self._server.asked("saving the server's data") as server:
            self._wait(server)
            server.bgsave()
            self._wait(server)
            failed = _said(server)["rdb_last_bgsave_status"] != "ok"
        if failed:
            raise PermanentError(
                "the server could not save its data; its log says why: its disk may be full, its folder gone or "
                "closed to its user, or the machine may refuse a fork"
            )

    def _wait(self, server: Redis) -> None:
        until = time.monotonic() + self._longest
        while int(_said(server)["rdb_bgsave_in_progress"]):
            go_on()
            if time.monotonic() > until:
                raise TransientError(f"the server has been saving its data for {self._longest:g} s; look again later")
            time.sleep(_EVERY)


def _said(server: Redis) -> Mapping[str, Any]:
    found: Mapping[str, Any] = server.info("persistence")
    return found
