"""Content with parts of safe points, in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from grace_workers.actions import KeptPart, SafePoints
from grace_workers.foundation.canonical import digest
from grace_workers.foundation.errors import ConflictError, IntegrityError, NotFoundError

UNTIL = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class MemorySafePoints(SafePoints):
    """Items by name with their content, and the parts that were kept of them."""

    items: dict[str, str] = field(default_factory=dict)
    parts: dict[str, dict[str, str]] = field(default_factory=dict)

    def keep(self, key: str) -> KeptPart:
        self.parts.setdefault(key, dict(self.items))
        return self._part(key)

    def kept(self, key: str) -> KeptPart | None:
        return self._part(key) if key in self.parts else None

    def _part(self, key: str) -> KeptPart:
        kept = self.parts[key]
        size = sum(map(len, kept.values()))
        return KeptPart(key=key, sha256=digest(kept), size=size, items=len(kept), unit="item", until=UNTIL)

    def differences(self, key: str, sha256: str) -> Sequence[str]:
        kept = self._kept(key, sha256)
        return [f"item {name!r} differs" for name in _changed(kept, self.items)]

    def put_back(self, key: str, sha256: str, *, since: tuple[str, str]) -> int:
        kept, seen = self._kept(key, sha256), self._kept(*since)
        changed = _changed(kept, self.items)
        for name in changed:
            if self.items.get(name) != seen.get(name):
                raise ConflictError(f"item {name!r} was changed by others meanwhile, so nothing was put back")
        self.items.clear()
        self.items.update(kept)
        return len(changed)

    def forget(self, key: str) -> None:
        self.parts.pop(key, None)

    def _kept(self, key: str, sha256: str) -> Mapping[str, str]:
        if key not in self.parts:
            raise NotFoundError(f"part {key!r} is not kept here")
        if digest(self.parts[key]) != sha256:
            raise IntegrityError(f"part {key!r} is not what was kept; nothing is done")
        return self.parts[key]


def _changed(kept: Mapping[str, str], now: Mapping[str, str]) -> Sequence[str]:
    return [name for name in sorted(kept.keys() | now.keys()) if kept.get(name) != now.get(name)]
