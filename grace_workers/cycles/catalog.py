"""The catalog of cycles."""

from functools import cache

from grace_workers.cycles import programmes
from grace_workers.cycles.cycle import AnyCycle, Cycle
from grace_workers.foundation.catalog import Catalog, discover


@cache
def declared_cycles() -> Catalog[AnyCycle]:
    """Return all cycles. Raises CatalogError for a faulty definition."""
    return discover(programmes, Cycle, label="cycle")
