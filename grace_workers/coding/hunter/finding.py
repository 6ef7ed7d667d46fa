"""What the hunter found, or could not examine."""

from collections.abc import Sequence
from dataclasses import dataclass

from grace_workers.coding.hunter.advisory import CheckedDependency


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class HunterFinding:
    """One danger: where it is, which rule found it, and why."""

    file: str
    line: int
    rule: str
    why: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.why} [{self.rule}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunted:
    """What was found, and what could not be examined, each with its reason. `looked_at` counts files."""

    findings: Sequence[HunterFinding]
    unseen: Sequence[str] = ()
    looked_at: int = 0
    dependencies: Sequence[CheckedDependency] = ()
