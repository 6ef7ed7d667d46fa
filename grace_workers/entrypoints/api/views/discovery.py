"""Discoveries, and what their looks changed."""

from typing import Self

from pydantic import Field

from grace_workers.entrypoints.api.views.view import Moment, View
from grace_workers.orchestration.discovery.looking import Looked
from grace_workers.orchestration.discovery.sighting import DiscoveryRule
from grace_workers.orchestration.stores.discovered import DiscoveryState


class DiscoveryView(View):
    """A declared discovery, without its options and connection, and how its last look ended."""

    name: str
    kind: str
    kinds: list[str] = Field(description="the kinds that its targets may have")
    owner: str = Field(description="no target of it is more trusted: internal or external")
    looked_at: Moment | None
    seen: int = Field(description="how many targets the last look that could read the place saw")
    refused: dict[str, str] = Field(description="why something that asked to be a target became none, by its name")
    problem: str | None = Field(description="why the targets may be out of date")

    @classmethod
    def of_rule(cls, rule: DiscoveryRule, state: DiscoveryState | None) -> Self:
        """Return the view of a discovery."""
        return cls(
            name=rule.name,
            kind=rule.kind,
            kinds=list(rule.kinds),
            owner=rule.owner.value,
            looked_at=None if state is None else state.looked_at,
            seen=0 if state is None else state.seen,
            refused={} if state is None else dict(state.refused),
            problem=None if state is None else state.problem,
        )


class LookedView(View):
    """What one look changed."""

    discovery: DiscoveryView
    appeared: list[str]
    replaced: list[str] = Field(description="another thing has taken the name of a known target")
    changed: list[str]
    vanished: list[str]

    @classmethod
    def of_looked(cls, rule: DiscoveryRule, looked: Looked) -> Self:
        """Return the view of a look."""
        words = ("appeared", "replaced", "changed", "vanished")
        news = {word: [str(name) for name in looked.news.get(word, ())] for word in words}
        return cls(discovery=DiscoveryView.of_rule(rule, looked.state), **news)
