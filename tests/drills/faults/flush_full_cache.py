"""Pages fill a cache up to its limit, so that it refuses writes."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.drills.drill import Drill
from tests.drills.grounds.caches import ShopCache

LIMIT = 6_000_000


class FullCache(Drill):
    """The red herring is a cache that is half full."""

    signal = "RedisOutOfConfiguredMaxmemory"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.cache = ShopCache(self.stage)
        self.cache.client.config_set("maxmemory", LIMIT)
        self.cache.client.set("session:ann", "kept")
        return [self.cache.target({"flush": "page:*"}, cache_prefixes=["page:"])]

    def break_it(self) -> None:
        self._fill(0.95)

    def revert(self) -> None:
        self.clear()

    def well(self) -> bool:
        return self._used() < 0.9 * LIMIT and self.cache.client.get("session:ann") == b"kept"

    def mislead(self) -> None:
        self._fill(0.6)

    def clear(self) -> None:
        for key in self.cache.client.scan_iter("page:*"):
            self.cache.client.delete(key)

    def _fill(self, share: float) -> None:
        number = 0
        while self._used() < share * LIMIT:
            self.cache.client.set(f"page:{number}", b"x" * 20_000)
            number += 1

    def _used(self) -> int:
        return int(self.cache.client.info("memory")["used_memory"])


DRILL = FullCache
