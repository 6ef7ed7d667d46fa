"""Whether this release may work on a database's schema.

A release knows the revisions up to its own. A `pre` migration only adds, so code of the revision before works on; a
`post` migration removes, and raises the floor: the oldest revision that code must know for the schema to serve it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never


class SchemaFit(StrEnum):
    """current: made for each other. older: to be migrated. newer: serves this release too. too_new: does not."""

    CURRENT = "current"
    OLDER = "older"
    NEWER = "newer"
    TOO_NEW = "too_new"

    @property
    def serves(self) -> bool:
        """Whether this release works on the schema as it is."""
        return self in {SchemaFit.CURRENT, SchemaFit.NEWER}


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaStand:
    """A database's revision and floor, None where it has none, and the revisions this release knows, oldest first."""

    found: str | None
    floor: str | None
    known: Sequence[str]

    @property
    def fit(self) -> SchemaFit:
        """How the two fit together."""
        if self.found is None or self.found in self.known[:-1]:
            return SchemaFit.OLDER
        if self.found == self.known[-1]:
            return SchemaFit.CURRENT
        # A schema without a floor was not made by this product's migrations: nothing says which releases it serves.
        return SchemaFit.NEWER if self.floor is not None and self.floor in self.known else SchemaFit.TOO_NEW

    @property
    def words(self) -> str:
        """The same as a sentence that says what to do."""
        wanted = self.known[-1]
        match self.fit:
            case SchemaFit.CURRENT:
                return f"at {self.found}"
            case SchemaFit.NEWER:
                return f"at {self.found}, of a newer release that still serves this one ({wanted})"
            case SchemaFit.OLDER:
                return f"the schema is at {self.found or 'nothing'}, this release needs {wanted}; run `grace migrate`"
            case SchemaFit.TOO_NEW:
                serves = (
                    f"serves no release older than {self.floor}"
                    if self.floor
                    else ("does not say which releases it serves")
                )
                return (
                    f"the schema is at {self.found}, of a newer release, and {serves}; this one knows {wanted}: "
                    "install the release that the rest of the fleet runs"
                )
            case _ as never:
                assert_never(never)
