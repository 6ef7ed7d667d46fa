"""Whether it worked: expectations and observations in, a verdict out. Observes nothing."""

from grace_workers.verification.check import AnyCheck, Check
from grace_workers.verification.verdict import Failed, Inconclusive, Observation, Passed, Verdict, VerdictKind

__all__ = ["AnyCheck", "Check", "Failed", "Inconclusive", "Observation", "Passed", "Verdict", "VerdictKind"]
