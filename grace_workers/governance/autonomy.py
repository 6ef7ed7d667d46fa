"""How far a playbook may act by itself in a domain: a level that people raise on evidence, and that falls by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import takewhile

from pydantic import Field

from grace_workers.actions import Domain
from grace_workers.foundation.document import Document
from grace_workers.foundation.statistics import beta_lower_bound
from grace_workers.playbooks import DEFAULT_MODES, Duration, Mode

EVERY_PLAYBOOK = "*"
"""Stands for all playbooks of a domain: their level is at most that of this row."""


class AutonomyLevel(StrEnum):
    """Observe, propose, act when approved, act and report, act and have a sample looked at."""

    OBSERVE = "L0"
    PROPOSE = "L1"
    ASK = "L2"
    REPORT = "L3"
    SAMPLE = "L4"

    @property
    def rank(self) -> int:
        """0 for L0, rising."""
        return list(AutonomyLevel).index(self)

    def moved(self, by: int) -> "AutonomyLevel":
        """Return the level that many steps up, or down; the first or last one beyond them."""
        levels = list(AutonomyLevel)
        return levels[min(max(self.rank + by, 0), len(levels) - 1)]


class AutonomyPolicy(Document):
    """What it takes to rise and what makes a level fall.

    A playbook begins at `start` in each domain, and no level exceeds the domain's ceiling: L4 where no one must be
    asked, L2 elsewhere; `ceilings` lowers them. To reach L3 or L4, since the level last changed it must have run
    `runs` times on `days` different days, with a lower bound of its success of `at_least` and at most
    `most_restores` restores. It falls one level after `misses` missed runs in a row, and to L2 when a restore
    failed. When more than the share `budget` of a domain's runs within `budget_within` missed, and there were
    `budget_runs`, the error budget is spent: the whole domain falls to L2.
    """

    start: AutonomyLevel = AutonomyLevel.REPORT
    ceilings: dict[Domain, AutonomyLevel] = Field(default_factory=dict)
    runs: int = Field(default=20, ge=1, le=100_000)
    days: int = Field(default=5, ge=1, le=1000)
    at_least: float = Field(default=0.8, ge=0, lt=1)
    most_restores: int = Field(default=1, ge=0, le=100_000)
    misses: int = Field(default=3, ge=1, le=1000)
    budget: float = Field(default=0.2, gt=0, le=1)
    budget_within: Duration = timedelta(days=7)
    budget_runs: int = Field(default=20, ge=1, le=100_000)
    sample: int = Field(default=10, ge=1, le=1000)

    def ceiling(self, domain: Domain) -> AutonomyLevel:
        """Return the highest level that a playbook can have in the domain."""
        free = AutonomyLevel.SAMPLE if DEFAULT_MODES[domain] is Mode.AUTO else AutonomyLevel.ASK
        return lower_of(free, self.ceilings.get(domain, free))


@dataclass(frozen=True, slots=True, kw_only=True)
class Autonomy:
    """The level of a playbook in a domain, who set it, why and when."""

    playbook: str
    domain: Domain
    level: AutonomyLevel
    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnd:
    """How one clear run ended; `restored` is None where nothing had to be restored."""

    at: datetime
    verified: bool
    restored: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEvidence:
    """The clear runs of a playbook in a domain since its level last changed."""

    runs: int = 0
    verified: int = 0
    restores: int = 0
    failed_restores: int = 0
    days: int = 0
    since: datetime | None = None

    @property
    def at_least(self) -> float:
        """The lower bound of the success rate."""
        return beta_lower_bound(self.verified, self.runs - self.verified)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What people see of one playbook in one domain: the level in force, what bounds it, and the evidence.

    `missing` says what is lacking for one level more; None when nothing is.
    """

    playbook: str
    domain: Domain
    level: AutonomyLevel
    ceiling: AutonomyLevel
    by: str = ""
    reason: str = ""
    at: datetime | None = None
    evidence: RunEvidence = field(default_factory=RunEvidence)
    missing: str | None = None


def lower_of(*levels: AutonomyLevel) -> AutonomyLevel:
    """Return the lowest level."""
    return min(levels, key=lambda one: one.rank)


def in_force(playbook: str, domain: Domain, known: Mapping[str, Autonomy], policy: AutonomyPolicy) -> AutonomyLevel:
    """Return the level of a playbook in a domain, by what is `known` of it and of every playbook there."""
    own, every = known.get(playbook), known.get(EVERY_PLAYBOOK)
    levels = [policy.start if own is None else own.level, policy.ceiling(domain)]
    return lower_of(*levels, *([every.level] if every is not None else []))


def missing(level: AutonomyLevel, evidence: RunEvidence, policy: AutonomyPolicy) -> str | None:
    """Return what the evidence lacks for one level above `level`, or None."""
    if level.rank < AutonomyLevel.ASK.rank:
        return None
    bound = f"success at least {evidence.at_least:.2f}, needed {policy.at_least:.2f}"
    lacks = [
        (evidence.runs < policy.runs, f"{evidence.runs} of {policy.runs} clear runs"),
        (evidence.days < policy.days, f"on {evidence.days} of {policy.days} days"),
        (evidence.at_least < policy.at_least, bound),
        (evidence.restores > policy.most_restores, f"{evidence.restores} restores, allowed {policy.most_restores}"),
        (evidence.failed_restores > 0, f"{evidence.failed_restores} restores failed"),
    ]
    found = [words for short, words in lacks if short]
    return "; ".join(found) or None


def fallen(
    level: AutonomyLevel, newest_first: Sequence[RunEnd], policy: AutonomyPolicy
) -> tuple[AutonomyLevel, str] | None:
    """Return the level that a playbook falls to after its newest run, and why; None if it keeps its own.

    Only what acts without being asked falls.
    """
    if level.rank <= AutonomyLevel.ASK.rank or not newest_first:
        return None
    if newest_first[0].restored is False:
        return AutonomyLevel.ASK, "a restore failed"
    misses = len(list(takewhile(lambda one: not one.verified, newest_first)))
    if misses < policy.misses:
        return None
    return level.moved(-1), f"{misses} runs in a row missed"


def budget_spent(runs: int, missed: int, policy: AutonomyPolicy) -> str | None:
    """Return why a domain's error budget is spent, or None."""
    if runs < policy.budget_runs or missed <= policy.budget * runs:
        return None
    days = policy.budget_within / timedelta(days=1)
    return f"the error budget is spent: {missed} of {runs} runs in {days:g} days missed, allowed {policy.budget:.0%}"
