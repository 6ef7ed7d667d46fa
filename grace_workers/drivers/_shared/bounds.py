"""Between which values a limit may be set, as a connection declares it."""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, model_validator

from grace_workers.actions import Limit
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import InputError, NotFoundError

Whole = Annotated[int, Field(ge=0, le=1 << 60)]


class LimitBounds(Document):
    """Between which values the limit may be set."""

    lowest: Whole = Field(description="The least value that may be set.")
    highest: Whole = Field(description="The greatest value that may be set.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.lowest > self.highest:
            raise ValueError("`lowest` must not be above `highest`")
        return self

    def limit(self, name: str, value: int | None, unit: str, spelled: str | None = None) -> Limit:
        """Return the limit with the value in force."""
        return Limit(name=name, value=value, lowest=self.lowest, highest=self.highest, unit=unit, spelled=spelled)


def bounds_of(name: str, declared: Mapping[str, LimitBounds]) -> LimitBounds:
    """Return what is declared of the limit. Raises NotFoundError."""
    if name not in declared:
        raise NotFoundError(f"limit {name[:80]!r} may not be changed; declared limits: {', '.join(sorted(declared))}")
    return declared[name]


def allow(name: str, value: int, declared: Mapping[str, LimitBounds]) -> None:
    """Raise NotFoundError for a limit that is not declared, InputError for a value outside its bounds."""
    bounds = bounds_of(name, declared)
    if not bounds.lowest <= value <= bounds.highest:
        raise InputError(f"limit {name!r} may be {bounds.lowest} to {bounds.highest}, not {value}")
