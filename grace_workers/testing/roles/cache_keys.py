"""A cache in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from grace_workers.actions import CacheKeys, KeyPresence, KeyRemoval, KeyStash, covers
from grace_workers.foundation.errors import NotFoundError, PermanentError


@dataclass(slots=True)
class MemoryCache(CacheKeys):
    """`CacheKeys` of values that never expire. Only keys that begin with one of `prefixes` belong to the cache."""

    values: dict[str, bytes] = field(default_factory=dict)
    prefixes: tuple[str, ...] = ("",)
    stashes: dict[str, dict[str, bytes]] = field(default_factory=dict)

    def total(self) -> int:
        return len(self.values)

    def find(self, pattern: str, *, most: int) -> Sequence[str]:
        found = sorted(key for key in self.values if key.startswith(self.prefixes) and covers(pattern, key))
        if len(found) > most:
            raise PermanentError(f"more than {most} keys match {pattern!r}; narrow the pattern or raise `most`")
        return found

    def stash(self, pattern: str, key: str, *, most: int) -> KeyStash:
        held = self.stashes.setdefault(key, {name: self.values[name] for name in self.find(pattern, most=most)})
        return KeyStash(key=key, keys=len(held), size=sum(map(len, held.values())))

    def remove(self, key: str) -> KeyRemoval:
        held = self._stashed(key)
        same = [name for name, value in held.items() if self.values.get(name) == value]
        kept = sum(name in self.values for name in held) - len(same)
        for name in same:
            del self.values[name]
        return KeyRemoval(removed=len(same), kept=kept)

    def unstash(self, key: str) -> int:
        missing = {name: value for name, value in self._stashed(key).items() if name not in self.values}
        self.values.update(missing)
        return len(missing)

    def present(self, key: str) -> KeyPresence:
        held = self._stashed(key)
        return KeyPresence(held=len(held), missing=sum(name not in self.values for name in held))

    def _stashed(self, key: str) -> dict[str, bytes]:
        try:
            return self.stashes[key]
        except KeyError:
            raise NotFoundError(f"there is no stash {key!r}") from None
