"""Evidence, hypotheses, diagnosis: what is known, what could be the cause, and the ranking."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.ids import TargetName

Cause = NewType("Cause", str)


class EngineKind(StrEnum):
    """How a hypothesis was reached, strongest first."""

    KNOWLEDGE = "knowledge"
    RULES = "rules"
    MODEL = "model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One fact that was gathered: `kind` names it (`alive`, `lock_waiters` …), `value` is what was read."""

    kind: str
    subject: TargetName
    value: JsonValue
    observed_at: datetime
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """A possible cause. `confidence` is the lower bound of a Beta posterior over verified outcomes, 0 to 1.

    `subject` is the target to mend, which need not be the one that complained. `bindings` are values that a playbook's
    params may take over (`flag: new_checkout`). `reasoning` is for a person to read.
    """

    cause: Cause
    subject: TargetName
    confidence: float
    engine: EngineKind
    reasoning: str
    evidence: tuple[str, ...] = ()
    bindings: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """The hypotheses, best first; empty when nothing fits."""

    hypotheses: tuple[Hypothesis, ...]
    evidence: tuple[Evidence, ...]
