"""What is known: which cause a signature or a symptom stands for, and how often acting on it was verified.

Learned entries are exact: one signature, one complaining target, one cause, with the outcomes that were seen. Shipped
entries describe symptoms in words and carry no outcomes: until they are verified here, nothing is claimed for them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from grace_workers.diagnosis.diagnosis import Cause
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.ids import TargetName
from grace_workers.foundation.statistics import beta_lower_bound
from grace_workers.signals import Signal, Signature, parse_failure

PROVEN_FROM = 0.5
"""An entry is proven when even the lower bound of its success rate says "more likely right than wrong"."""


class Origin(StrEnum):
    """Where an entry comes from."""

    SHIPPED = "shipped"
    LEARNED = "learned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """How a problem shows in a signal. One match is enough; phrases are looked for without regard to case.

    `names` are whole names of alerts, `exceptions` types of Python exceptions, `phrases` parts of summary or text.
    """

    names: frozenset[str] = frozenset()
    exceptions: frozenset[str] = frozenset()
    phrases: tuple[str, ...] = ()

    def seen_in(self, signal: Signal) -> str | None:
        """Return the words of the signal that fit, or None."""
        if _plain(signal.name) in self.names:
            return f"the signal is named {signal.name}"
        failure = parse_failure(signal.text) if signal.text and self.exceptions else None
        if failure is not None and failure.exception in self.exceptions:
            return f"the traceback ends in {failure.exception}"
        words = f"{signal.summary}\n{signal.text or ''}".casefold()
        found = next((phrase for phrase in self.phrases if phrase in words), None)
        return f"the signal says {found!r}" if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeEntry:
    """One piece of knowledge. A learned entry has a signature, a shipped one a symptom.

    `subject_kinds` are the target kinds that can have the cause; empty means the complaining target itself. A learned
    entry names the very `target` that complained, the `subject` that was mended, and the bindings that were used.
    `unverified` counts ineffective and failed outcomes alike.
    """

    id: str
    origin: Origin
    cause: Cause
    summary: str
    signature: Signature | None = None
    symptom: Symptom | None = None
    target: TargetName | None = None
    subject: TargetName | None = None
    subject_kinds: tuple[str, ...] = ()
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

    def confidence(self, signature: Signature, cause: Cause) -> float:
        """Return the lower bound over all outcomes of this cause for this signature, on whatever target."""
        mine = [entry for entry in self.entries if entry.signature == signature and entry.cause == cause]
        return beta_lower_bound(sum(entry.verified for entry in mine), sum(entry.unverified for entry in mine))

    def exact(self, signature: Signature, target: TargetName | None) -> tuple[KnowledgeEntry, ...]:
        """Return what was learned of this signature on this target, surest first."""
        found = (entry for entry in self.entries if entry.signature == signature and entry.target == target)
        return tuple(sorted(found, key=lambda entry: (-entry.confidence, entry.id)))

    def shipped(self) -> tuple[KnowledgeEntry, ...]:
        """Return the entries that describe symptoms."""
        return tuple(entry for entry in self.entries if entry.symptom is not None)

    def known(self, signature: Signature, target: TargetName | None) -> KnowledgeEntry | None:
        """Return the proven entry to act on at once, if there is one."""
        return next((entry for entry in self.exact(signature, target) if entry.proven), None)

    def learned(self, entry: KnowledgeEntry) -> "Knowledge":
        """Return the knowledge with `entry` in the place of the one of the same id, or added."""
        kept = tuple(one for one in self.entries if one.id != entry.id)
        return replace(self, entries=(*kept, entry))


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
