"""The folders of causes and playbooks, read again when they change.

A shelf is kept like a catalog: a node's processes share those of the process that they were forked from.
"""

from functools import cache
from pathlib import Path

from grace_workers.coding import hunted_source
from grace_workers.diagnosis import Causes, load_causes
from grace_workers.foundation.catalog import prove
from grace_workers.foundation.shelf import Shelf
from grace_workers.orchestration.definitions import Catalogs
from grace_workers.playbooks import Library, given_bindings, load_directories


@cache
def cause_shelf_in(folders: tuple[Path, ...], known: Catalogs) -> Shelf[Causes]:
    """Return the causes of these folders. Raises as `Shelf.whole` does, and CatalogError as `proved`."""
    shelf = Shelf(folders, lambda: load_causes(folders, known.terms, hunted_source))
    prove([known.rules], {"cause": shelf.current().names, "check": known.checks.names})
    return shelf


@cache
def playbook_shelf_in(folders: tuple[Path, ...], known: Catalogs, causes: Shelf[Causes]) -> Shelf[Library]:
    """Return the playbooks of these folders, which may name these causes."""

    def read() -> Library:
        given = given_bindings(causes.current(), known.rules)
        return load_directories(folders, known.primitives, known.checks, known.kinds, given, hunted_source)

    return Shelf(folders, read, beside=lambda: causes.current().digest)
