"""Cases: incidents' worlds, as `grace case run` and the replays read them."""

from typing import Self
from uuid import UUID

from pydantic import Field

from grace_workers.entrypoints.api.views.view import View
from grace_workers.orchestration.case import CasePage, IncidentCase


class CasesView(View):
    """A page of cases, newest first."""

    cases: list[IncidentCase]
    next: UUID | None = Field(description="give it as `before` for the next page; null at the end")

    @classmethod
    def of_page(cls, page: CasePage) -> Self:
        """Return the view of a page."""
        return cls.of(page, cases=list(page.cases))
