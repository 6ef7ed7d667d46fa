"""Whether a feature flag has a certain variant."""

from grace_workers.actions import FlagStore, Name
from grace_workers.checks.check import Check
from grace_workers.foundation.document import Document


class FlagVariantParams(Document):
    """The flag, and the variant to look for."""

    flag: Name
    variant: Name


def probe(store: FlagStore, params: FlagVariantParams) -> float:
    """Return 1 when the flag is enabled and the variant is its default, else 0."""
    flag = store.flag(params.flag)
    return float(flag.enabled and flag.variant == params.variant)


DEFINITION = Check(
    name="flag_variant_is",
    summary="1 when the enabled flag has the variant, else 0.",
    unit="",
    role=FlagStore,
    params=FlagVariantParams,
    probe=probe,
)
