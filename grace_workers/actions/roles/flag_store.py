"""`FlagStore`: feature flags that can be read and switched."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A feature flag as stored: whether it is enabled, its default variant and its variants.

    `targeted` says that rules may give some users another variant than the default.
    """

    key: str
    enabled: bool
    variant: str
    variants: tuple[str, ...]
    targeted: bool = False


class FlagStore(Protocol):
    """Feature flags. Setting is atomic and idempotent."""

    def flags(self) -> Sequence[Flag]:
        """Return all flags, by key."""

    def flag(self, key: str) -> Flag:
        """Return one flag. Raises NotFoundError."""

    def set_variant(self, key: str, variant: str) -> Flag:
        """Make `variant` the default. Raises NotFoundError, InputError for an unknown variant."""
