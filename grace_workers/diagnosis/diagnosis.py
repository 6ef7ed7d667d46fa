"""Evidence, hypotheses, diagnosis: what is known, what could be the cause, and the ranking."""

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
    """How a hypothesis was reached, strongest first: the ladder of diagnosis."""

    KNOWLEDGE = "knowledge"
    PRECEDENT = "precedent"
    RULES = "rules"
    MODEL = "model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One fact that was gathered: `kind` names it (`alive`, `lock_waiters` …), `value` is what was read.

    `params` say of what exactly (`{"table": "orders"}`). A reading that failed is no evidence and is left out.
    """

    kind: str
    subject: TargetName
    value: JsonValue
    observed_at: datetime
    source: str
    params: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRequest:
    """One reading that diagnosis would like to have. Whoever gathers may leave out what a target cannot give."""

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
    """How well a hypothesis is founded, for those with equal outcomes; the greater goes first.

    A symptom is a word in the signal; a mention is a word in the log; a measurement is a reading beyond its bound; an
    exact hypothesis was learned from outcomes of this very signature on this very target.
    """

    SYMPTOM = 1
    MENTIONED = 2
    MEASURED = 3
    EXACT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What the room above learned from outcomes: a cause that problems like this one had.

    `engine` says in which way it was learned; `confidence` is a probability; `reasoning` and `evidence` name what it
    rests on.
    """

    cause: CauseName
    engine: EngineKind
    confidence: float
    reasoning: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """A possible cause. `confidence` says from 0 to 1 how far to believe it.

    Engines give the lower bound of a Beta posterior over verified outcomes, by which hypotheses are ranked; a ranked
    diagnosis carries the probability that acting on the cause helps, by the outcomes of all answers of its kind.

    `measured` says that readings of now show the cause, or that those which could refute it were taken and did not;
    without it the hypothesis rests on words or memory alone. `subject` is the target to heal, which need not be the one
    that complained. `bindings` are values that a playbook's params may take over (`flag: new_checkout`). `reasoning` is
    for a person to read.
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

    `features` are what was seen, as words with amounts by which problems are compared; `unknown` says why outcomes of
    the past say nothing, where they do not.
    """

    hypotheses: tuple[Hypothesis, ...]
    evidence: tuple[Evidence, ...]
    features: Mapping[str, float] = field(default_factory=dict)
    unknown: str | None = None
