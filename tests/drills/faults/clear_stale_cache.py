"""A folder fills with compiled pages, and the service that looks through it gets slow."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.drills.drill import Drill

PAGES = 600


class StaleCache(Drill):
    """The red herring is a service that is slow by itself, beside a cache that is small."""

    signal = "StaleCache"
    subject = "cache"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.shop = self.stage.shop("shop")
        self.cache = self.stage.folder / "cache" / "__pycache__"
        self.cache.mkdir(parents=True)
        self.shop.says("slowed_by", str(self.cache))
        tree = {"root": str(self.cache.parent), "stash": str(self.stage.folder / "stash")}
        cache = {"name": "cache", "kind": "files", "owner": "internal", "connection": tree, "depends_on": ["shop"]}
        return [self.shop.target(), {**cache, "labels": {"service": "shop", "health_path": "/"}}]

    def open(self) -> None:
        self.stage.start("shop")

    def break_it(self) -> None:
        for number in range(PAGES):
            (self.cache / f"page{number}.cpython-311.pyc").write_bytes(b"stale")

    def revert(self) -> None:
        for page in self.cache.iterdir():
            page.unlink()

    def well(self) -> bool:
        return self.shop.answer(0.5) == 200

    def mislead(self) -> None:
        self.shop.says("delay", "0.3")

    def clear(self) -> None:
        self.shop.forgets("delay")


DRILL = StaleCache
