"""A cache could not write its snapshot for a moment, and refuses writes until the next one, in an hour."""

from collections.abc import Mapping, Sequence
from typing import Any

from redis import ResponseError

from tests.drills.drill import Drill
from tests.drills.grounds.caches import ShopCache
from tests.waiting import until


class MissedSnapshot(Drill):
    """The red herring is a snapshot that is hours old, with many changes since."""

    signal = "RedisMissingBackup"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.cache = ShopCache(self.stage)
        self.cache.client.config_set("save", "3600 1")
        return [self.cache.target({})]

    def break_it(self) -> None:
        # Nothing can take the place of a folder, so the file that was written beside it is in vain.
        self.cache.snapshot.unlink(missing_ok=True)
        self.cache.snapshot.mkdir()
        self._save()
        self.cache.snapshot.rmdir()

    def revert(self) -> None:
        self._save()

    def well(self) -> bool:
        try:
            return bool(self.cache.client.set("order:1", "bread"))
        except ResponseError:
            return False

    def mislead(self) -> None:
        for number in range(5000):
            self.cache.client.set(f"page:{number}", "x")

    def clear(self) -> None:
        for key in self.cache.client.scan_iter("page:*"):
            self.cache.client.delete(key)

    def _save(self) -> None:
        self.cache.client.bgsave()
        until(lambda: not self.cache.client.info("persistence")["rdb_bgsave_in_progress"], within=20)


DRILL = MissedSnapshot
