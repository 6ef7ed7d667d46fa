"""The feature flags that a store holds."""

from grace_workers.actions import FlagStore
from grace_workers.checks.check import EVERY_KIND, Check
from grace_workers.foundation.document import Document, JsonValue


class FlagsParams(Document):
    """No params."""


def probe(store: FlagStore, params: FlagsParams) -> JsonValue:
    """Return each flag with its key, whether it is enabled, its default variant and its variants."""
    del params
    return [
        {"key": one.key, "enabled": one.enabled, "variant": one.variant, "variants": list(one.variants)}
        for one in store.flags()
    ]


DEFINITION = Check(
    name="flags",
    summary="All feature flags of the store, with their variants.",
    unit=None,
    role=FlagStore,
    params=FlagsParams,
    probe=probe,
    evidence_for=EVERY_KIND,
)
