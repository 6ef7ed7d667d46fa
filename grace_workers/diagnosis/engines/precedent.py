"""The nearest outcome: the cause of the most similar earlier problem. An outcome counts as soon as its run ends."""

from collections.abc import Sequence

from grace_workers.diagnosis.diagnosis import EngineKind, Hypothesis
from grace_workers.diagnosis.engine import Engine
from grace_workers.diagnosis.findings import Findings
from grace_workers.diagnosis.suggested import suggested


def propose(findings: Findings) -> Sequence[Hypothesis]:
    """Return the cause of the nearest outcome, for each target that can have it."""
    return list(suggested(findings, EngineKind.PRECEDENT))


DEFINITION = Engine(
    name="precedent",
    kind=EngineKind.PRECEDENT,
    summary="The verified outcome of the problem most like this one, where almost the same was seen",
    propose=propose,
)
