"""What the coding agent can do and goes by."""

from pydantic import Field

from grace_workers.entrypoints.api.views.view import View


class KnownView(View):
    """One thing that the agent knows."""

    name: str
    about: str
    weight: float | None = Field(description="the share of fixes of a kind of edit; null for everything else")


class CodingKnowledgeView(View):
    """The kinds of work, the kinds of refactoring, the edits that repairs are made of, and the hunter's rules."""

    tasks: list[KnownView]
    intents: list[KnownView]
    edits: list[KnownView]
    rules: list[KnownView]
