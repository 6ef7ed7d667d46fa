"""The catalogs that jobs work with, in tests."""

from dataclasses import dataclass
from functools import cache

from grace_workers.diagnosis import Terms
from grace_workers.foundation.catalog import Catalog, discover
from grace_workers.signals import Source, Trigger, sources, triggers


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelves:
    """The catalogs that jobs work with."""

    sources: Catalog[Source]
    triggers: Catalog[Trigger]

    @property
    def terms(self) -> Terms:
        """Return the names that causes may use."""
        # Few tests need it, and it takes all drivers.
        from tests.shipped_causes import TERMS

        return TERMS


@cache
def shelves() -> Shelves:
    """Return them, read once."""
    return Shelves(
        sources=discover(sources, Source, label="source"), triggers=discover(triggers, Trigger, label="trigger")
    )
