"""Feature flags in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from grace_workers.actions import Flag, FlagStore
from grace_workers.foundation.errors import InputError, NotFoundError


@dataclass(slots=True)
class MemoryFlags(FlagStore):
    """A `FlagStore` of flags."""

    stored: dict[str, Flag] = field(default_factory=dict)

    def flags(self) -> Sequence[Flag]:
        return [self.stored[key] for key in sorted(self.stored)]

    def flag(self, key: str) -> Flag:
        try:
            return self.stored[key]
        except KeyError:
            raise NotFoundError(f"there is no flag {key!r}; known: {', '.join(self.stored) or 'none'}") from None

    def set_variant(self, key: str, variant: str) -> Flag:
        flag = self.flag(key)
        if variant not in flag.variants:
            raise InputError(f"flag {key!r} has no variant {variant!r}; it has: {', '.join(flag.variants)}")
        self.stored[key] = replace(flag, variant=variant)
        return self.stored[key]
