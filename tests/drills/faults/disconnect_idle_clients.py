"""Clients of a cache connect and never leave, until it accepts hardly one more."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from redis import ConnectionError, Redis  # noqa: A004

from tests.drills.drill import Drill
from tests.drills.grounds.caches import ShopCache
from tests.waiting import until

LIMIT, ROOM, PEAK = 60, 4, 6


class LeakedClients(Drill):
    """The red herring are subscribers, which wait for long and are no leak."""

    signal = "RedisTooManyConnections"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.cache = ShopCache(self.stage)
        self.cache.client.config_set("maxclients", LIMIT)
        self.clients: list[Any] = []
        return [self.cache.target({"longest_idle": "1s"})]

    def break_it(self) -> None:
        self.clients = [self._client() for _ in range(LIMIT - ROOM - self._used())]
        until(self._all_idle, within=20)

    def revert(self) -> None:
        self._close()

    def well(self) -> bool:
        """Return whether a peak of customers is served."""
        with ExitStack() as stack:
            try:
                for _ in range(PEAK):
                    stack.enter_context(self._client())
            except ConnectionError:
                return False
        return True

    def mislead(self) -> None:
        self.clients = [self._client() for _ in range(LIMIT // 4)]
        self.subscribed = [one.pubsub() for one in self.clients]
        for one in self.subscribed:
            one.subscribe("news")

    def clear(self) -> None:
        for one in self.subscribed:
            one.close()
        self._close()

    def _close(self) -> None:
        for one in self.clients:
            one.close()
        self.clients = []
        until(lambda: self._used() < LIMIT // 4, within=20)

    def _used(self) -> int:
        return int(self.cache.client.info("clients")["connected_clients"])

    def _all_idle(self) -> bool:
        idle = [int(one["idle"]) for one in self.cache.client.client_list() if one["name"] == "leaking"]
        return len(idle) >= len(self.clients) and min(idle) > 1

    def _client(self) -> Any:
        found = Redis.from_url(self.cache.server.url, client_name="leaking", single_connection_client=True)
        self.stage.stack.callback(found.close)
        found.ping()
        return found


DRILL = LeakedClients
