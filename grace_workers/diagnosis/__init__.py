"""From evidence to ranked causes. Queries nothing."""

from grace_workers.diagnosis.diagnosis import Cause, Diagnosis, EngineKind, Evidence, Hypothesis

__all__ = ["Cause", "Diagnosis", "EngineKind", "Evidence", "Hypothesis"]
