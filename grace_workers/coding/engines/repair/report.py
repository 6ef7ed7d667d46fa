"""The result of a repair: patches with the claim about the first, or why there are none."""

from dataclasses import dataclass

from grace_workers.coding.reason import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairReport:
    """`patches` are alternatives, best first. `verified` applies to the first, by a run of the whole suite over it."""

    patches: tuple[str, ...] = ()
    verified: bool = False
    confidence: float | None = None
    reason: Reason | None = None
    candidates: int = 0
    files: tuple[tuple[str, bytes], ...] = ()
    story: tuple[str, ...] = ()
