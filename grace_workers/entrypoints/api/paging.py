"""Pages of a list that is newest first: the next page begins before the last row of this one."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query


@dataclass(frozen=True, slots=True)
class RowPage:
    """Where a page begins, and how long it is. `before` is the id of the last row that the caller has."""

    before: Annotated[str | None, Query(max_length=40, description="Only rows made before the one with this id.")] = (
        None
    )
    limit: Annotated[int, Query(ge=1, le=500)] = 50


AskedPage = Annotated[RowPage, Depends()]
