"""Remove keys of a cache that match a pattern, after keeping copies elsewhere."""

from typing import Annotated

from pydantic import Field

from grace_workers.actions.key_pattern import KeyPattern
from grace_workers.actions.primitive import BlastRadius, Outcome, OutcomeStatus, Preview, Primitive, Repeat, Snapshot
from grace_workers.actions.removal import printable
from grace_workers.actions.roles.cache_keys import CacheKeys
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document
from grace_workers.foundation.ids import uuid7

_SHOWN = 20


class FlushKeysParams(Document):
    """In `pattern` a `*` stands for any characters. If more than `most` keys match, none is removed."""

    pattern: KeyPattern
    most: Annotated[int, Field(ge=1, le=100_000)] = 1000


class _Content(Document):
    key: str
    keys: int
    size: int


def preview(cache: CacheKeys, params: FlushKeysParams) -> Preview:
    """Name the keys that would go, the first twenty of them one by one."""
    names = cache.find(params.pattern, most=params.most)
    changes = [f"remove key {printable(name)}" for name in names[:_SHOWN]]
    if len(names) > _SHOWN:
        changes.append(f"and {len(names) - _SHOWN} more keys")
    share = len(names) / max(cache.total(), len(names), 1)
    return Preview(changes=tuple(changes), blast=BlastRadius(count=len(names), unit="key", share=share))


def snapshot(cache: CacheKeys, params: FlushKeysParams) -> Snapshot:
    """Keep a copy of the keys, with values and expiry."""
    kept = cache.stash(params.pattern, uuid7().hex, most=params.most)
    content = _Content(key=kept.key, keys=kept.keys, size=kept.size)
    return Snapshot(primitive="flush_cache_keys", content=content.model_dump(mode="json"))


def apply(cache: CacheKeys, params: FlushKeysParams, before: Snapshot) -> Outcome:
    """Remove the keys that the snapshot holds."""
    del params
    done = cache.remove(_key(before))
    changed = f"; {done.kept} were written since and stay" if done.kept else ""
    data = {"removed": done.removed, "kept": done.kept}
    if not done.removed:
        return Outcome(status=OutcomeStatus.UNCHANGED, detail=f"no key to remove{changed}", data=data)
    return Outcome(status=OutcomeStatus.DONE, detail=f"removed {done.removed} keys{changed}", data=data)


def restore(cache: CacheKeys, params: FlushKeysParams, before: Snapshot) -> Outcome:
    """Put them back where they are missing and have not expired."""
    del params
    count = cache.unstash(_key(before))
    status = OutcomeStatus.DONE if count else OutcomeStatus.UNCHANGED
    return Outcome(status=status, detail=f"restored {count} keys", data={"keys": count})


def restored(cache: CacheKeys, params: FlushKeysParams, before: Snapshot) -> bool:
    """Return whether none of them is missing; one that has expired since is not missed."""
    del params
    return cache.present(_key(before)).missing == 0


def _key(before: Snapshot) -> str:
    return _Content.read(before.content, "snapshot of flush_cache_keys").key


DEFINITION = Primitive(
    name="flush_cache_keys",
    summary="Remove keys of a cache that match a pattern, after keeping copies elsewhere.",
    role=CacheKeys,
    params=FlushKeysParams,
    aspect=Aspect.PERFORMANCE,
    risk=0.2,
    repeat=Repeat.IDEMPOTENT,
    preview=preview,
    snapshot=snapshot,
    apply=apply,
    restore=restore,
    restored=restored,
)
