"""Evidence, hypotheses and the diagnosis: what is known, which causes are possible, and their ranking."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import NewType, Self

from grace_workers.actions import Target
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.ids import TargetKind, TargetName

CauseName = NewType("CauseName", str)


class EngineKind(StrEnum):
    """How a hypothesis was reached, strongest first."""

    KNOWLEDGE = "knowledge"
    PRECEDENT = "precedent"
    RULES = "rules"
    MODEL = "model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One fact that was gathered: `kind` names it (`alive`, `lock_waiters` …), `value` is what was read.

    `params` narrow it down (`{"table": "orders"}`). A failed reading is not evidence and is left out.
    """

    kind: str
    subject: TargetName
    value: JsonValue
    observed_at: datetime
    source: str
    params: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRequest:
    """One reading that diagnosis asks for. The collector may leave out what a target cannot give."""

    kind: str
    subject: TargetName
    params: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What diagnosis knows of a target: its kind, the names of its roles and its neighbours, not how to reach it."""

    name: TargetName
    kind: TargetKind
    roles: frozenset[str] = frozenset()
    depends_on: tuple[TargetName, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, target: Target) -> Self:
        """Return what diagnosis knows of this target."""
        return cls(
            name=target.name,
            kind=target.kind,
            roles=target.roles or frozenset(),
            depends_on=target.depends_on,
            labels=target.labels,
        )


class Strength(IntEnum):
    """How well a hypothesis is founded. It breaks ties between equal outcomes; the greater value comes first.

    A symptom is a word in the signal; a mention is a word in the log; a measurement is a reading beyond its bound;
    an exact hypothesis was learned from outcomes of the same signature on the same target.
    """

    SYMPTOM = 1
    MENTIONED = 2
    MEASURED = 3
    EXACT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What the learning layer concluded from outcomes: the cause of earlier problems like this one.

    `engine` names the way it was learned; `confidence` is a probability; `reasoning` and `evidence` say what it
    rests on.
    """

    cause: CauseName
    engine: EngineKind
    confidence: float
    reasoning: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """A possible cause. `confidence`, from 0 to 1, says how far to believe it.

    Engines give the lower bound of a Beta posterior over verified outcomes, and hypotheses are ranked by it. A
    ranked diagnosis instead carries the probability that acting on the cause helps, taken from the outcomes of
    similar answers. `measured` means that current readings show the cause, or that the readings which could refute
    it were taken and did not; without it, the hypothesis rests on words or memory alone. `subject` is the target to
    heal, which may differ from the one that reported the problem. `bindings` are values for a playbook's params
    (`flag: new_checkout`). `reasoning` is for people to read.
    """

    cause: CauseName
    subject: TargetName
    confidence: float
    engine: EngineKind
    reasoning: str
    evidence: tuple[str, ...] = ()
    bindings: Mapping[str, JsonValue] = field(default_factory=dict)
    strength: Strength = Strength.SYMPTOM
    measured: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """The hypotheses, best first; empty when nothing fits.

    `features` describe what was seen, as words with amounts, so that problems can be compared; `unknown` says why
    past outcomes suggest nothing, if they do not.
    """

    hypotheses: tuple[Hypothesis, ...]
    evidence: tuple[Evidence, ...]
    features: Mapping[str, float] = field(default_factory=dict)
    unknown: str | None = None
