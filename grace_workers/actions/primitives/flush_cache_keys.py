"""Remove keys of a cache that match a pattern, after keeping copies elsewhere."""

from typing import Annotated

from pydantic import Field

from grace_workers.actions.act import Act
from grace_workers.actions.key_pattern import KeyPattern
from grace_workers.actions.primitive import BlastRadius, Outcome, Preview, done, unchanged
from grace_workers.actions.removal import printable
from grace_workers.actions.roles.cache_keys import CacheKeys
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document
from grace_workers.foundation.ids import uuid7

_SHOWN = 20


class FlushKeysParams(Document):
    """In `pattern` a `*` matches any characters. If more than `most` keys match, none is removed."""

    pattern: KeyPattern
    most: Annotated[int, Field(ge=1, le=100_000)] = 1000


class _Content(Document):
    key: str
    keys: int
    size: int


class FlushKeys(Act[CacheKeys, FlushKeysParams, _Content]):
    """Remove keys of a cache that match a pattern, after keeping copies elsewhere."""

    role = CacheKeys
    params = FlushKeysParams
    kept = _Content

    def preview(self, cache: CacheKeys, params: FlushKeysParams) -> Preview:
        """Name the keys to be removed, the first twenty of them one by one."""
        names = cache.find(params.pattern, most=params.most)
        changes = [f"remove key {printable(name)}" for name in names[:_SHOWN]]
        if len(names) > _SHOWN:
            changes.append(f"and {len(names) - _SHOWN} more keys")
        share = len(names) / max(cache.total(), len(names), 1)
        return Preview(changes=tuple(changes), blast=BlastRadius(count=len(names), unit="key", share=share))

    def snapshot(self, cache: CacheKeys, params: FlushKeysParams) -> _Content:
        """Stash a copy of the keys, with values and expiry."""
        kept = cache.stash(params.pattern, uuid7().hex, most=params.most)
        return _Content(key=kept.key, keys=kept.keys, size=kept.size)

    def apply(self, cache: CacheKeys, params: FlushKeysParams, before: _Content) -> Outcome:
        """Remove the keys that the snapshot contains."""
        del params
        removal = cache.remove(before.key)
        changed = f"; {removal.kept} were written since and stay" if removal.kept else ""
        figures = {"removed": removal.removed, "kept": removal.kept}
        if not removal.removed:
            return unchanged(f"no key to remove{changed}", **figures)
        return done(f"removed {removal.removed} keys{changed}", **figures)

    def restore(self, cache: CacheKeys, params: FlushKeysParams, before: _Content) -> Outcome:
        """Restore the keys that are missing and have not expired."""
        del params
        count = cache.unstash(before.key)
        return (done if count else unchanged)(f"restored {count} keys", keys=count)

    def restored(self, cache: CacheKeys, params: FlushKeysParams, before: _Content) -> bool:
        """Return whether none of them is missing; expired keys do not count."""
        del params
        return cache.present(before.key).missing == 0


DEFINITION = FlushKeys().primitive(
    "flush_cache_keys",
    "Remove keys of a cache that match a pattern, after keeping copies elsewhere.",
    aspect=Aspect.PERFORMANCE,
    risk=0.2,
    worst=BlastRadius(count=100_000, unit="key", share=1.0),
)
