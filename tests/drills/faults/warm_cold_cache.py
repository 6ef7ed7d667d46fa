"""A cache is emptied, and every page is slow until it is filled again."""

from collections.abc import Mapping, Sequence
from typing import Any

from redis.connection import parse_url

from tests.drills.drill import Drill
from tests.drills.grounds.caches import ShopCache


class ColdCache(Drill):
    """The red herring is a service that is slow by itself, with a warm cache."""

    signal = "CacheHitRatioLow"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.cache = ShopCache(self.stage)
        self.shop = self.stage.shop("shop")
        place: Any = parse_url(self.cache.server.url)
        self.shop.says("cache", f"{place['port']} {place['password']}")
        labels = {"service": "shop", "warm": "page:*", "warm_keys": "30"}
        return [self.cache.target(labels, cache_prefixes=["page:"]), self.shop.target()]

    def open(self) -> None:
        self.stage.start("shop")
        self.revert()

    def break_it(self) -> None:
        self.cache.client.flushdb()

    def revert(self) -> None:
        assert self.shop.answer(5) == 200

    def well(self) -> bool:
        """Return whether a customer would not wait; no customer is sent, because one would fill the cache."""
        return int(self.cache.client.exists(*(f"page:{number}" for number in range(30)))) == 30

    def mislead(self) -> None:
        self.shop.says("delay", "0.3")

    def clear(self) -> None:
        self.shop.forgets("delay")


DRILL = ColdCache
