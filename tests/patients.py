"""Patients: targets that count what is done to them, with the matching primitives, check, engine and playbook."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from grace_workers.actions import (
    AnyPrimitive,
    Aspect,
    BlastRadius,
    Effect,
    Outcome,
    OutcomeStatus,
    Preview,
    Primitive,
    Repeat,
    Snapshot,
)
from grace_workers.checks import Check
from grace_workers.diagnosis import CauseName, Engine, EngineKind, Findings, Hypothesis, Strength
from grace_workers.foundation.catalog import Catalog
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import ConflictError, TransientError
from grace_workers.playbooks import Library, load_text


@dataclass(slots=True)
class Patient:
    """A target that counts what is done to it. `ill` is what its check reads; a step makes it 0 if it `heeds`.

    `fails`, `stuck` and `blind` break the step, its restore and the check. `on_act` is called when an effect has
    just happened, before it is reported.
    """

    ill: float = 1.0
    heeds: bool = True
    fails: bool = False
    stuck: bool = False
    blind: bool = False
    unsure: bool = False
    marks: dict[str, int] = field(default_factory=dict)
    effects: dict[str, int] = field(default_factory=dict)
    witness: Callable[[str], None] = lambda key: None
    restores: int = 0
    reads: int = 0
    before_act: Callable[[], None] = lambda: None
    on_act: Callable[[], None] = lambda: None
    on_restore: Callable[[], None] = lambda: None
    on_read: Callable[[], None] = lambda: None

    def act(self, key: str, mark: int) -> None:
        """Do it, and count it. It leaves a mark."""
        self.before_act()
        if self.fails:
            raise ConflictError("the patient resists")
        self.witness(key)
        self.effects[key] = self.effects.get(key, 0) + 1
        self.marks[key] = mark
        self.on_act()
        if self.heeds:
            self.ill = 0.0

    def undo(self, key: str, mark: int) -> None:
        """Restore the mark."""
        if self.stuck:
            raise ConflictError("the patient cannot be put back")
        self.marks[key] = mark
        if not mark:
            del self.marks[key]
        self.restores += 1
        self.on_restore()

    def read(self) -> float:
        """Return how ill it is."""
        self.reads += 1
        self.on_read()
        if self.blind:
            raise TransientError("nobody can see the patient")
        return self.ill


class DoseParams(Document):
    """`key` names the mark that the dose leaves."""

    key: str = "dose"


class ReadParams(Document):
    """No params."""


def _mark(before: Snapshot) -> int:
    return int(str(before.content["mark"]))


def _apply(patient: Patient, params: DoseParams, before: Snapshot) -> Outcome:
    idempotent = before.primitive == f"dose_{Repeat.IDEMPOTENT}"
    patient.act(params.key, (_mark(before) if idempotent else patient.marks.get(params.key, 0)) + 1)
    return Outcome(status=OutcomeStatus.DONE, detail=f"gave {params.key}")


def _effect(patient: Patient, params: DoseParams, before: Snapshot) -> Effect:
    if patient.unsure:
        return Effect.UNKNOWN
    return Effect.PRESENT if patient.marks.get(params.key, 0) > _mark(before) else Effect.ABSENT


def _restore(patient: Patient, params: DoseParams, before: Snapshot) -> Outcome:
    patient.undo(params.key, _mark(before))
    return Outcome(status=OutcomeStatus.DONE, detail=f"took {params.key} back")


def _primitive(repeat: Repeat) -> Primitive[Patient, DoseParams]:
    return Primitive(
        name=f"dose_{repeat}",
        summary="Gives a dose.",
        role=Patient,
        params=DoseParams,
        aspect=Aspect.PERFORMANCE,
        risk=0.2,
        repeat=repeat,
        preview=lambda role, params: Preview(
            changes=(f"give {params.key}",), blast=BlastRadius(count=1, unit="patient", share=0.1)
        ),
        snapshot=lambda role, params: Snapshot(
            primitive=f"dose_{repeat}", content={"mark": role.marks.get(params.key, 0)}
        ),
        apply=_apply,
        restore=_restore,
        restored=lambda role, params, before: role.marks.get(params.key, 0) == _mark(before),
        effect=_effect if repeat is Repeat.PROBEABLE else None,
    )


PRIMITIVES: Catalog[AnyPrimitive] = Catalog("primitive", {f"dose_{repeat}": _primitive(repeat) for repeat in Repeat})
CHECKS: Catalog[Any] = Catalog(
    "check",
    {
        "illness": Check(
            name="illness",
            summary="How ill.",
            unit="",
            role=Patient,
            params=ReadParams,
            probe=lambda role, _: role.read(),
        )
    },
)


def _propose(findings: Findings) -> Sequence[Hypothesis]:
    """Return that the reporting target is ill, unless the signal says that no one knows why."""
    target = findings.incident.target
    if target is None or findings.signals[0].labels.get("cause") == "unknown":
        return ()
    return [
        Hypothesis(
            cause=CauseName(findings.signals[0].labels.get("cause", "illness")),
            subject=target,
            confidence=0.9,
            engine=EngineKind.RULES,
            reasoning=f"{target} looks ill",
            strength=Strength.MEASURED,
            measured=True,
        )
    ]


ENGINES = Catalog(
    "engine", {"rules": Engine(name="rules", kind=EngineKind.RULES, summary="Sees illness.", propose=_propose)}
)

PLAYBOOK = """\
name: cure
description: Gives two doses to who is ill.
version: 1
aspect: performance
budget: BUDGET
when: {causes: [illness]}
steps:
  - {id: first, primitive: REPEAT, params: {key: first}}
  - {id: second, primitive: REPEAT, params: {key: second}}
expectations:
  - {id: well, check: illness, operator: "==", bound: 0, IN_TIME}
guards: {cooldown: 10s, max_runs_per_hour: 20, stop_after_ineffective: 3}
"""


@cache
def library(repeat: Repeat = Repeat.IDEMPOTENT, *, in_time: str = "within: 5s", budget: str = "60s") -> Library:
    """Return the library of the one playbook, with steps of that repeat rule and the expectation `in_time`."""
    text = PLAYBOOK.replace("REPEAT", f"dose_{repeat}").replace("IN_TIME", in_time).replace("BUDGET", budget)
    return Library([load_text(text, "playbooks/cure.yaml", PRIMITIVES, CHECKS)], PRIMITIVES, CHECKS)
