"""Declared targets."""

from typing import Self

from pydantic import Field

from grace_workers.actions import Target
from grace_workers.entrypoints.api.views.view import View


class TargetView(View):
    """A target, without its connection."""

    name: str
    kind: str
    owner: str = Field(description="internal or external")
    labels: dict[str, str]
    depends_on: list[str]
    roles: list[str] | None = Field(description="the roles that it plays; null when unknown")
    origin: str | None = Field(description="the discovery that found it; null when grace.yaml declares it")

    @classmethod
    def of_target(cls, target: Target) -> Self:
        """Return the view of a target."""
        return cls.of(target, roles=None if target.roles is None else sorted(target.roles))
