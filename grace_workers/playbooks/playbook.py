"""`Playbook`: a declared remedy, as its YAML file says it. `crosscheck` checks what it refers to."""

import json
from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import Field, JsonValue, StringConstraints, model_validator

from grace_workers.actions import Aspect, KindName
from grace_workers.foundation.canonical import digest
from grace_workers.foundation.document import Document
from grace_workers.foundation.duration import Duration, parse_duration
from grace_workers.playbooks.param import Param, Scalar
from grace_workers.playbooks.plan import Guards, Mode, Operator

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Words = Annotated[str, StringConstraints(min_length=3, max_length=500)]
Reference = Annotated[str, StringConstraints(min_length=1, max_length=200)]
AnswerField = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}\.[a-z][a-z0-9_]{0,63}$")]
SUBJECT = "{{ target }}"
SHADOW = "shadow"


def span_default(text: str) -> Any:
    """Return a field whose default is shown in the schema as it is written in a file."""
    return Field(default=parse_duration(text), json_schema_extra={"default": text})


def _unset() -> Any:
    """Return a field that does not count in the digest of a playbook that leaves it out."""
    return Field(default=None, exclude_if=lambda value: value is None)


class OnFailure(StrEnum):
    """What becomes of the steps that are done when a later one fails: all are restored, or all are kept."""

    RESTORE = "restore"
    KEEP = "keep"


def on_failure_default() -> Any:
    """Return the field, which does not count in the digest of a playbook that leaves it out."""
    return Field(default=OnFailure.RESTORE, exclude_if=lambda value: value is OnFailure.RESTORE)


class When(Document):
    """Which diagnoses the playbook is for. Kinds and labels are those of the target to heal; empty means any."""

    causes: tuple[Name, ...] = Field(min_length=1, max_length=20)
    target_kinds: tuple[KindName, ...] = ()
    labels: dict[str, str] = Field(default_factory=dict, max_length=20)
    min_confidence: float = Field(default=0.0, ge=0, le=1)


class ConditionSpec(Document):
    """A reading right before the step: unless it is within the bound, the step is left out."""

    check: Name
    target: Reference = SUBJECT
    params: dict[str, JsonValue] = Field(default_factory=dict, max_length=30)
    operator: Operator
    bound: int | float | Reference


class QuestionSpec(Document):
    """A question to a person, asked right before the step. Without a valid answer `within` the time, the run stops."""

    question: Words
    answer: dict[Name, Param] = Field(min_length=1, max_length=10)
    within: Duration
    role: Literal["operator", "approver", "admin"] = "operator"


class CallSpec(Document):
    """One call of a primitive. `target` is the target to heal unless another is named."""

    id: Name
    primitive: Name
    target: Reference = SUBJECT
    params: dict[str, JsonValue] = Field(default_factory=dict, max_length=30)


class StepSpec(CallSpec):
    """One call of a primitive. `target` is the target to heal unless another is named.

    `wait` lets time pass before it, in which the run rests. `when` makes it depend on a reading. `fallback` is taken
    in its place if it fails, after it was restored. `each` names a label and its value, `service=shop`: the step is
    taken on every target that has it, `at_once` of them at a time, and after one has failed no other begins. Inside
    it, `{{ target }}` and `{{ label.x }}` are those of the target whose turn it is. `ask` asks a person before the
    step. `if_answered` maps fields of answers, `step.field`, to the value that each must have, or the step is left
    out.
    """

    wait: Duration | None = _unset()
    when: ConditionSpec | None = _unset()
    fallback: CallSpec | None = _unset()
    each: Reference | None = _unset()
    at_once: Annotated[int, Field(ge=1, le=100)] | None = _unset()
    ask: QuestionSpec | None = _unset()
    if_answered: dict[AnswerField, Scalar] | None = _unset()

    @property
    def calls(self) -> tuple[CallSpec, ...]:
        """The step and its fallback."""
        return (self,) if self.fallback is None else (self, self.fallback)


class ExpectationSpec(Document):
    """What a check must read, `within` which time, and how long it must then `hold`.

    With `regression`, `bound` is a factor of the reading taken before the first step. With `given`, it counts only
    if that param has a value. With `each`, it counts for every target that has that label, `service=shop`. With
    `proves: false` it must be met as well, but shows only that the steps did their work: a run is verified when
    another expectation failed before the first step and is met after the last.
    """

    id: Name
    check: Name
    target: Reference = SUBJECT
    params: dict[str, JsonValue] = Field(default_factory=dict, max_length=30)
    operator: Operator
    bound: int | float | Reference
    within: Duration
    hold: Duration = span_default("0s")
    regression: bool = False
    proves: bool = True
    given: Name | None = None
    each: Reference | None = _unset()

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.within <= timedelta(0):
            raise ValueError("within: must be longer than 0s")
        return self


class GuardsSpec(Document):
    """The playbook's own limits, counted per target."""

    cooldown: Duration = span_default("1m")
    max_runs_per_hour: int = Field(default=6, ge=1, le=1000)
    stop_after_ineffective: int = Field(default=3, ge=1, le=100)

    def guards(self) -> Guards:
        """Return the limits as a plan carries them."""
        return Guards(
            cooldown=self.cooldown,
            max_runs_per_hour=self.max_runs_per_hour,
            stop_after_ineffective=self.stop_after_ineffective,
        )


class Playbook(Document):
    """A declared remedy. `mode` can only make it stricter than its domain; `budget` is the time for everything.

    With `mode: shadow` it does all but act: it is bound, judged and scored beside what happens. With `on_failure: keep`
    only the step that failed is restored; people resume the run from it.
    """

    name: Name
    description: Words
    version: int = Field(ge=1, le=1_000_000)
    enabled: bool = True
    when: When
    aspect: Aspect
    mode: Mode | Literal["shadow"] | None = None
    params: dict[Name, Param] = Field(default_factory=dict, max_length=30)
    steps: tuple[StepSpec, ...] = Field(min_length=1, max_length=20)
    expectations: tuple[ExpectationSpec, ...] = Field(min_length=1, max_length=20)
    guards: GuardsSpec = GuardsSpec()
    budget: Duration = span_default("2m")
    on_failure: OnFailure = on_failure_default()

    @property
    def acts_by(self) -> frozenset[str]:
        """The primitives that its steps always call on the target to heal itself."""
        return frozenset(one.primitive for one in self.steps if one.target == SUBJECT and one.each is None)

    @property
    def required(self) -> Mode | None:
        """How far people must agree at least, whatever the domain; None for no more than it requires."""
        return self.mode if isinstance(self.mode, Mode) else None

    @property
    def shadow(self) -> bool:
        """Whether it only watches."""
        return self.mode == SHADOW

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the whole content, defaults filled in; layout and comments do not count."""
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return digest({"playbook": content})


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a playbook file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "grace_workers playbook",
        **{key: value for key, value in Playbook.model_json_schema().items() if key != "title"},
    }


def schema_text() -> str:
    """Return the schema as the reference publishes it."""
    return json.dumps(schema(), indent=2, sort_keys=True) + "\n"
