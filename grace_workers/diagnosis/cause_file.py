"""`Cause`: a named problem, as its YAML file says it. `crosscheck` proves what its names refer to."""

import json
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from grace_workers.checks import bound_of
from grace_workers.diagnosis.by_hand import ByHand
from grace_workers.diagnosis.cause_example import CauseExample, Counterexample, Name
from grace_workers.diagnosis.diagnosis import CauseName, Subject
from grace_workers.diagnosis.phrases import GAP, leading, longest, pieces
from grace_workers.diagnosis.recognising import SignalWords, SymptomMatch, Telling, plain
from grace_workers.foundation.canonical import digest
from grace_workers.foundation.document import Document, JsonValue
from grace_workers.signals import parse_failure

LABEL = "label"
"""Where a binding comes from that no check reads."""


def _named(name: str) -> str:
    if not plain(name):
        raise ValueError(f"{name!r} has no letter or digit; give the name of an alert")
    return name


Text = Annotated[str, StringConstraints(min_length=3, max_length=500)]
_SHORTEST = 2


def _phrase(text: str) -> str:
    if not all(len(piece) >= _SHORTEST for piece in pieces(text)):
        raise ValueError(f"{text!r} has a gap ({GAP}) without at least {_SHORTEST} characters on both sides; add words")
    return text.casefold()


Phrase = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=200), AfterValidator(_phrase)]
AlertName = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_named)]
RoleName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z0-9]{0,63}$")]
ExceptionName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_.]{0,199}$")]
LabelName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]{0,199}$")]
LabelValue = Annotated[str, StringConstraints(min_length=1, max_length=200)]
BindingOrigin = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}\.[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$")]


class Says(StrEnum):
    """How much a reading beyond its bound says: it proposes the cause, confirms what texts say, or does not refute."""

    PROPOSES = "proposes"
    CONFIRMS = "confirms"
    ALLOWS = "allows"


class Symptoms(Document):
    """Names by which a problem shows in a signal.

    `alerts` are whole names of signals; case, spaces and punctuation do not count. `triggers` are Grace's own.
    `exceptions` are the classes that a traceback may end in; their modules do not count. `labels` are values that
    say what an alert is about if its name does not, such as `reason: [OOMKilled]`.
    """

    alerts: tuple[AlertName, ...] = Field(default=(), max_length=200)
    triggers: tuple[Name, ...] = Field(default=(), max_length=50)
    exceptions: tuple[ExceptionName, ...] = Field(default=(), max_length=100)
    labels: dict[LabelName, tuple[LabelValue, ...]] = Field(default_factory=dict, max_length=20)


class Measure(Document):
    """A reading that bears on the cause: within its bound, `at_least` or `at_most`, it supports the cause.

    Outside it refutes the cause, so a cause with several measures holds only if all of them do. A label
    `<check>_bound` of a target sets its own bound. With `near`, the reading may be of any neighbouring target. With
    `instead_of`, either it or the measure of that check must have been read: some kinds of targets have one of them.
    `means` says in words what a reading within the bound means.
    """

    check: Name
    at_least: float | None = Field(default=None, allow_inf_nan=False)
    at_most: float | None = Field(default=None, allow_inf_nan=False)
    says: Says = Says.PROPOSES
    near: bool = False
    instead_of: Name | None = Field(default=None, exclude_if=lambda value: value is None)
    means: Text

    @model_validator(mode="after")
    def _one_bound(self) -> Self:
        if (self.at_least is None) is (self.at_most is None):
            raise ValueError("a measure has one bound: give either `at_least` or `at_most`")
        return self

    def bound_for(self, labels: Mapping[str, str]) -> float:
        """Return the bound that the labels set, or the general one."""
        general = self.at_most if self.at_least is None else self.at_least
        return bound_of(self.check, general or 0.0, labels)

    def holds(self, value: float, labels: Mapping[str, str]) -> bool:
        """Return whether `value`, read from a target with these labels, supports the cause."""
        bound = self.bound_for(labels)
        return value <= bound if self.at_least is None else value >= bound


class Category(StrEnum):
    """The category of the problem, in operators' terms."""

    RESOURCES = "resource_exhaustion"
    INFRASTRUCTURE = "infrastructure"
    NETWORK = "network"
    CONFIGURATION = "configuration"
    CODE = "code_defect"
    DATA = "data"
    DEPENDENCY = "dependency"
    SECURITY = "security"


class Cause(Document):
    """A named problem: how it shows, what can have it, and which readings show or refute it.

    `kinds` are the target kinds that can have it, and `roles` those that a target of any other kind must play to
    have it; without either, the symptoms concern the reporting target itself.

    `words` are phrases of names, summaries, logs, tracebacks and annotations; case does not count. A phrase begins
    where a word does and ends where one does; its last word may also go on with s, es, d, ed or ing, but no further, so
    `is down` is not in "is downloading". Three dots between two parts stand for up to 80 characters of one line.

    `bindings` are values for a playbook's params, each from a param of a check (`table: dead_tuples.table`) or a label
    (`unit: label.unit`). `by_hand` is what a person does about it.

    `settings` are names of settings on which it depends, in the form of words: if one was changed shortly before, that
    change is proposed as what brought the problem about.

    `leads_to` are other causes that it explains, such as the hanging jobs of an agent that has ended. It goes before
    them where a signal points to it, unless its own readings were taken and only show one of them.

    A `general` cause says what is seen and not why, such as a container that keeps ending. All that are not general
    explain it.
    """

    name: Name
    summary: Text
    category: Category | None = None
    kinds: tuple[Name, ...] = Field(default=(), max_length=50)
    roles: tuple[RoleName, ...] = Field(default=(), max_length=20)
    symptoms: Symptoms = Symptoms()
    words: tuple[Phrase, ...] = Field(default=(), max_length=200)
    measures: tuple[Measure, ...] = Field(default=(), max_length=20)
    settings: tuple[Phrase, ...] = Field(default=(), max_length=50, exclude_if=lambda value: not value)
    leads_to: tuple[Name, ...] = Field(default=(), max_length=50)
    general: bool = Field(default=False, exclude_if=lambda value: not value)
    bindings: dict[Name, BindingOrigin] = Field(default_factory=dict, max_length=20)
    by_hand: ByHand | None = None
    examples: tuple[CauseExample, ...] = Field(min_length=1, max_length=50)
    counterexamples: tuple[Counterexample, ...] = Field(default=(), max_length=50)

    @model_validator(mode="after")
    def _in_place_of_a_measure(self) -> Self:
        checks = {one.check for one in self.measures}
        for one in self.measures:
            if one.instead_of is not None and (one.instead_of not in checks or one.instead_of == one.check):
                others = ", ".join(sorted(checks - {one.check})) or "none"
                named = f"measure {one.check!r}: instead_of {one.instead_of!r}"
                raise ValueError(f"{named} is no other measure of the cause; others: {others}")
        return self

    @property
    def id(self) -> CauseName:
        """The name in the form that hypotheses use."""
        return CauseName(self.name)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the whole content; layout and comments do not count."""
        return digest({"cause": json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))})

    @property
    def can_be_shown(self) -> bool:
        """Whether readings can show it, so that memory of it can be checked against the present."""
        return any(one.says is not Says.ALLOWS for one in self.measures)

    @property
    def is_proposed_by_readings(self) -> bool:
        """Whether readings alone are enough to propose it."""
        return bool(self.measures) and all(one.says is Says.PROPOSES for one in self.measures)

    @property
    def is_of_any_target(self) -> bool:
        """Whether no kind or role says which targets can have it."""
        return not (self.kinds or self.roles)

    def explains(self, other: "Cause") -> bool:
        """Return whether the other one is what this one looks like."""
        return other.name in self.leads_to or (other.general and not self.general)

    def may_be_of(self, subject: Subject) -> bool:
        """Return whether a target of this kind, or one that plays these roles, can have it."""
        plays = bool(self.roles) and subject.roles.issuperset(self.roles)
        return self.is_of_any_target or subject.kind in self.kinds or plays

    def seen_in(self, said: SignalWords) -> SymptomMatch | None:
        """Return what in a signal points to the cause, the most specific part of it; None if nothing does."""
        return self._named_in(said) or self._told_in(said)

    def told_by(self, text: str) -> str | None:
        """Return what in a text without a signal points to the cause; None if nothing does."""
        failure = parse_failure(text)
        if failure is not None and failure.exception in self.exceptions:
            return f"the traceback ends in {failure.exception}"
        found = longest(self.words, text.casefold())
        return f"the text says {found!r}" if found else None

    def _named_in(self, said: SignalWords) -> SymptomMatch | None:
        for label, values in self.symptoms.labels.items():
            if said.labels.get(label) in values:
                return SymptomMatch(f"the signal's label {label} is {said.labels[label]}", Telling.LABEL)
        if said.name in self.signal_names:
            return SymptomMatch(f"the signal is named {said.shown_name}", Telling.NAME)
        found = longest(self.words, said.name_words)
        return SymptomMatch(f"the signal's name says {found!r}", Telling.NAME_WORDS, len(found)) if found else None

    def _told_in(self, said: SignalWords) -> SymptomMatch | None:
        if self.exceptions and said.exception in self.exceptions:
            return SymptomMatch(f"the traceback ends in {said.exception}", Telling.EXCEPTION)
        if said.error in self.exceptions:
            return SymptomMatch(f"the signal names the error {said.error}", Telling.EXCEPTION)
        if found := longest(self.words, said.told) or leading(self.words, said.names):
            return SymptomMatch(f"the signal says {found!r}", Telling.WORDS, len(found))
        found = longest(self.words, said.annotated)
        return (
            SymptomMatch(f"an annotation of the signal says {found!r}", Telling.ANNOTATION, len(found))
            if found
            else None
        )

    def bound_by(self, measure: Measure, params: Mapping[str, JsonValue], subject: Subject) -> dict[str, JsonValue]:
        """Return the bindings that a reading with these params gives, and those of the subject's labels."""
        found = self.labelled(subject)
        for name, check, param in self._origins():
            if check == measure.check and param in params:
                found[name] = params[param]
        return found

    def labelled(self, subject: Subject) -> dict[str, JsonValue]:
        """Return the bindings that the subject's labels give."""
        return {name: subject.labels[key] for name, of, key in self._origins() if of == LABEL and key in subject.labels}

    def is_of(self, measure: Measure, params: Mapping[str, JsonValue], bindings: Mapping[str, JsonValue]) -> bool:
        """Return whether a reading with these params is of the very thing that the bindings name."""
        return all(
            params.get(param) == bindings[name]
            for name, check, param in self._origins()
            if check == measure.check and name in bindings
        )

    @cached_property
    def exceptions(self) -> frozenset[str]:
        """The exceptions that a traceback may end in, without their modules."""
        return frozenset(name.rpartition(".")[2] for name in self.symptoms.exceptions)

    @cached_property
    def signal_names(self) -> frozenset[str]:
        """The normalised names of signals that point to it."""
        return frozenset(plain(name) for name in (*self.symptoms.alerts, *self.symptoms.triggers))

    def _origins(self) -> Iterator[tuple[str, str, str]]:
        for name, origin in self.bindings.items():
            where, _, key = origin.partition(".")
            yield name, where, key
