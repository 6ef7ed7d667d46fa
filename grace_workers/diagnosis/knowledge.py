"""What was learned: which cause a signature on a target points to, and how often acting on it was verified."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from grace_workers.diagnosis.diagnosis import CauseName
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.ids import TargetName
from grace_workers.foundation.statistics import beta_lower_bound
from grace_workers.signals import Signature

PROVEN_FROM = 0.5
"""An entry is proven when even the lower bound of its success rate says "more likely right than wrong"."""


class Origin(StrEnum):
    """Where an entry comes from: a file, or outcomes."""

    SHIPPED = "shipped"
    LEARNED = "learned"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeEntry:
    """One piece of knowledge: one signature, one reporting target, one cause, with the outcomes that were seen.

    `target` reported, `subject` was healed, with `bindings`. `unverified` counts ineffective and failed outcomes.
    """

    id: str
    origin: Origin
    cause: CauseName
    summary: str
    signature: Signature | None = None
    target: TargetName | None = None
    subject: TargetName | None = None
    bindings: Mapping[str, JsonValue] = field(default_factory=dict)
    playbook: str | None = None
    verified: int = 0
    unverified: int = 0

    @property
    def confidence(self) -> float:
        """The lower bound of the success rate of this very entry."""
        return beta_lower_bound(self.verified, self.unverified)

    @property
    def proven(self) -> bool:
        """Whether its record is good enough to act on it without gathering evidence."""
        return self.verified > 0 and self.confidence >= PROVEN_FROM


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All entries. Immutable: `learned` returns another Knowledge."""

    entries: tuple[KnowledgeEntry, ...] = ()

    def confidence(self, signature: Signature, cause: CauseName) -> float:
        """Return the lower bound over all outcomes of this cause for this signature, on any target."""
        mine = [entry for entry in self.entries if entry.signature == signature and entry.cause == cause]
        return beta_lower_bound(sum(entry.verified for entry in mine), sum(entry.unverified for entry in mine))

    def exact(self, signature: Signature, target: TargetName | None) -> tuple[KnowledgeEntry, ...]:
        """Return what was learnt about this signature on this target, most certain first."""
        found = (entry for entry in self.entries if entry.signature == signature and entry.target == target)
        return tuple(sorted(found, key=lambda entry: (-entry.confidence, entry.id)))

    def known(self, signature: Signature, target: TargetName | None) -> KnowledgeEntry | None:
        """Return the proven entry to act on at once, if there is one."""
        return next((entry for entry in self.exact(signature, target) if entry.proven), None)

    def learned(self, entry: KnowledgeEntry) -> "Knowledge":
        """Return the knowledge with `entry` replacing the one of the same id, or added."""
        kept = tuple(one for one in self.entries if one.id != entry.id)
        return replace(self, entries=(*kept, entry))
