"""How many keys of a cache match a pattern."""

from collections.abc import Mapping, Sequence

from grace_workers.actions import CacheKeys, KeyPattern
from grace_workers.checks.check import EVERY_KIND, Check, Labels
from grace_workers.foundation.document import Document, JsonValue

_MOST = 100_000


class CachedKeysParams(Document):
    """`pattern` may contain `*`."""

    pattern: KeyPattern


def probe(cache: CacheKeys, params: CachedKeysParams) -> float:
    """Return the count. Raises PermanentError beyond 100,000."""
    return float(len(cache.find(params.pattern, most=_MOST)))


def _warm(labels: Labels) -> Sequence[Mapping[str, JsonValue]]:
    """Return one reading of the keys in the label `warm`, which a warm cache holds."""
    return [{"pattern": labels["warm"]}] if "warm" in labels else []


DEFINITION = Check(
    name="cached_keys",
    summary="How many keys of a cache match a pattern.",
    unit="keys",
    role=CacheKeys,
    params=CachedKeysParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    from_labels=_warm,
)
