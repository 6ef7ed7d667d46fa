"""`Finding`: what a cycle saw in the fleet's own record, with its figures and, where it knows one, what to change."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class ChangeKind(StrEnum):
    """What a proposal would change."""

    PLAYBOOK = "playbook"
    KNOWLEDGE = "knowledge"
    CHECK = "check"
    TARGET = "target"
    CODE = "code"
    SETTING = "setting"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedChange:
    """What to change, in one sentence, and the figures that are expected afterwards, by the names of the finding's."""

    change: ChangeKind
    what: str
    expected: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that a cycle saw. `key` is the same at every look that sees it, and unique in its cycle."""

    key: str
    title: str
    figures: Mapping[str, float] = field(default_factory=dict)
    proposal: ProposedChange | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFinding:
    """A finding as it was last seen. `before` are the figures of the first look; it is over since `gone_at`."""

    cycle: str
    finding: Finding
    first_at: datetime
    seen_at: datetime
    gone_at: datetime | None = None
    before: Mapping[str, float] = field(default_factory=dict)
