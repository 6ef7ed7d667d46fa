"""Whether it worked: expectations and observations in, a verdict out. Observes nothing."""

from grace_workers.verification.approach import approach
from grace_workers.verification.judge import ExpectationFinding, ExpectationState, assess, fits, judge
from grace_workers.verification.plan_probes import next_look, open_expectations
from grace_workers.verification.proof import all_met_before, failing_before
from grace_workers.verification.trim import trimmed
from grace_workers.verification.verdict import Failed, Inconclusive, Observation, Passed, Verdict, VerdictKind

__all__ = [
    "ExpectationFinding",
    "ExpectationState",
    "Failed",
    "Inconclusive",
    "Observation",
    "Passed",
    "Verdict",
    "VerdictKind",
    "all_met_before",
    "approach",
    "assess",
    "failing_before",
    "fits",
    "judge",
    "next_look",
    "open_expectations",
    "trimmed",
]
