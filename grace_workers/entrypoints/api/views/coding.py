"""What the coding agent can do and goes by."""

from datetime import date
from typing import Self

from pydantic import Field

from grace_workers.coding import ModelUse
from grace_workers.entrypoints.api.views.view import View
from grace_workers.settings import Settings


class KnownView(View):
    """One thing that the agent knows."""

    name: str
    about: str
    weight: float | None = Field(description="the share of fixes of a kind of edit; null for everything else")


class CodingKnowledgeView(View):
    """Kinds of work, kinds of refactoring, plans of these, edits that repairs are made of, and the hunter's rules."""

    tasks: list[KnownView]
    intents: list[KnownView]
    plans: list[KnownView]
    edits: list[KnownView]
    rules: list[KnownView]


class ModelUseView(View):
    """What the whole fleet has used of the language model since midnight, UTC, and how much it may use."""

    name: str | None = Field(description="null where no model is declared")
    day: date
    answers: int
    tokens: int = Field(description="sent and received, by questions that have ended")
    pending_tokens: int = Field(description="the most that questions without an end may take, as of a dead worker")
    daily_tokens: int
    cost: float = Field(description="in the currency of the declared prices")
    pending_cost: float
    daily_cost: float

    @classmethod
    def of_use(cls, use: ModelUse, settings: Settings) -> Self:
        """Return the view."""
        declared = settings.model
        return cls(
            name=None if declared.url is None else declared.name,
            daily_tokens=declared.daily_tokens,
            daily_cost=declared.daily_cost,
            day=use.day,
            answers=use.answers,
            tokens=use.tokens,
            pending_tokens=use.pending_tokens,
            cost=use.cost,
            pending_cost=use.pending_cost,
        )
