"""The model trained on outcomes. It says nothing when it does not know."""

from collections.abc import Sequence

from grace_workers.diagnosis.diagnosis import EngineKind, Hypothesis
from grace_workers.diagnosis.engine import Engine
from grace_workers.diagnosis.findings import Findings
from grace_workers.diagnosis.suggested import suggested


def propose(findings: Findings) -> Sequence[Hypothesis]:
    """Return the cause that the model finds more likely than not, for each target that can have it."""
    return list(suggested(findings, EngineKind.MODEL))


DEFINITION = Engine(
    name="model",
    kind=EngineKind.MODEL,
    summary="A model trained on verified outcomes (scikit-learn), where it finds one cause more likely than not",
    propose=propose,
)
