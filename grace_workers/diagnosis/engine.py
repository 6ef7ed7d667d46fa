"""`Engine`: one way to derive hypotheses."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from grace_workers.diagnosis.diagnosis import EngineKind, Hypothesis
from grace_workers.diagnosis.findings import Findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """One engine. `propose` is pure and returns its hypotheses, the one to try first at the front."""

    name: str
    kind: EngineKind
    summary: str
    propose: Callable[[Findings], Sequence[Hypothesis]]
