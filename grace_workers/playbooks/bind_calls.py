"""Binding steps and expectations: their templates resolved, their values checked, one for each target they are for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import isfinite

from pydantic import ValidationError

from grace_workers.actions import Target, undeclared
from grace_workers.foundation.document import JsonValue, sentence
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetName
from grace_workers.foundation.template import resolve
from grace_workers.playbooks.crosscheck import Parametrised, accept
from grace_workers.playbooks.library import Library
from grace_workers.playbooks.plan import Expectation, Question, Step, StepCondition
from grace_workers.playbooks.playbook import CallSpec, ConditionSpec, ExpectationSpec, QuestionSpec, StepSpec

MOST_MEMBERS = 100
"""How many targets a step with `each` may be for."""

Scope = Mapping[str, JsonValue]
Targets = Mapping[TargetName, Target]


def bound_steps(specs: Sequence[StepSpec], scope: Scope, library: Library, targets: Targets) -> tuple[Step, ...]:
    """Return the steps in their order, each followed by its fallback. Raises InputError."""
    found = [step for spec in specs for step in _steps(spec, scope, library, targets)]
    return tuple(replace(step, index=index) for index, step in enumerate(found))


def bound_expectations(
    specs: Sequence[ExpectationSpec], scope: Scope, library: Library, targets: Targets
) -> tuple[Expectation, ...]:
    """Return the expectations that count. Raises InputError."""
    counting = [spec for spec in specs if spec.given is None or scope[f"params.{spec.given}"] is not None]
    return tuple(
        _expectation(spec, suffix, own, library, targets)
        for spec in counting
        for suffix, own in _members(spec.each, f"expectation {spec.id!r}", scope, targets)
    )


def declared(name: TargetName, targets: Targets) -> TargetName:
    """Return the name of a declared target. Raises InputError for any other."""
    if name not in targets:
        raise InputError(undeclared(name, targets))
    return name


def _steps(spec: StepSpec, scope: Scope, library: Library, targets: Targets) -> Iterator[Step]:
    for suffix, own in _members(spec.each, f"step {spec.id!r}", scope, targets):
        first, *fallbacks = (_call(call, suffix, own, library, targets) for call in spec.calls)
        group = None if spec.each is None else spec.id
        when = None if spec.when is None else _condition(spec.when, f"step {spec.id!r}", own, library, targets)
        ask = None if spec.ask is None else _question(spec.ask)
        wanted = spec.if_answered or {}
        before = replace(first, wait=spec.wait, when=when, ask=ask, if_answered=wanted)
        yield replace(before, group=group, at_once=spec.at_once or 1)
        for one in fallbacks:
            yield replace(one, fallback_of=first.id)


def _members(each: str | None, what: str, scope: Scope, targets: Targets) -> Iterator[tuple[str, Scope]]:
    """Yield the ending of the id and the scope of each target that a call is for."""
    if each is None:
        yield "", scope
        return
    written = resolve(each, scope)
    name, _, value = written.partition("=") if isinstance(written, str) else ("", "", "")
    if not name or not value:
        raise InputError(f"{what}: each {written!r} is not a label and its value; write it like service=shop")
    found = sorted(one.name for one in targets.values() if one.labels.get(name) == value)
    if not 0 < len(found) <= MOST_MEMBERS:
        raise InputError(f"{what}: {len(found)} targets have the label {written}; 1 to {MOST_MEMBERS} may have it")
    shared = {key: item for key, item in scope.items() if not key.startswith("label.")}
    for member in found:
        labels = {f"label.{key}": item for key, item in targets[member].labels.items()}
        yield f"@{member}", {**shared, **labels, "target": str(member)}


def _call(spec: CallSpec, suffix: str, scope: Scope, library: Library, targets: Targets) -> Step:
    what = f"step {spec.id + suffix!r}"
    target, primitive = _target(spec.target, scope, targets, what), library.primitives[spec.primitive]
    _require_role(targets[target], primitive.role.__name__, what)
    params = _params(spec.params, scope, primitive, what)
    return Step(
        index=0,
        id=spec.id + suffix,
        primitive=spec.primitive,
        target=target,
        params=params,
        incarnation=targets[target].incarnation,
    )


def _condition(spec: ConditionSpec, what: str, scope: Scope, library: Library, targets: Targets) -> StepCondition:
    about = f"{what}, its condition"
    return StepCondition(
        check=spec.check,
        target=_target(spec.target, scope, targets, about),
        params=_params(spec.params, scope, library.checks[spec.check], about),
        operator=spec.operator,
        bound=_bound(resolve(spec.bound, scope), about),
    )


def _question(spec: QuestionSpec) -> Question:
    return Question(words=spec.question, answer=spec.answer, within=spec.within, role=spec.role)


def _expectation(spec: ExpectationSpec, suffix: str, scope: Scope, library: Library, targets: Targets) -> Expectation:
    what = f"expectation {spec.id + suffix!r}"
    return Expectation(
        id=spec.id + suffix,
        check=spec.check,
        target=_target(spec.target, scope, targets, what),
        params=_params(spec.params, scope, library.checks[spec.check], what),
        operator=spec.operator,
        bound=_bound(resolve(spec.bound, scope), what),
        within=spec.within,
        hold=spec.hold,
        regression=spec.regression,
        proves=spec.proves,
    )


def _target(
    written: str, scope: Mapping[str, JsonValue], targets: Mapping[TargetName, Target], what: str
) -> TargetName:
    found = resolve(written, scope)
    if not isinstance(found, str):
        raise InputError(f"{what}: target {found!r} is not a name")
    try:
        return declared(TargetName(found), targets)
    except InputError as error:
        raise InputError(f"{what}: {error}") from error


def _require_role(target: Target, role: str, what: str) -> None:
    if target.roles is not None and role not in target.roles:
        has = ", ".join(sorted(target.roles)) or "nothing"
        said = f"target {target.name!r} ({target.kind}) does not support {role}; it supports {has}"
        raise InputError(f"{what}: {said}; choose another target, or see docs/reference/targets.md for the option")


def _params(
    written: Mapping[str, JsonValue], scope: Mapping[str, JsonValue], definition: Parametrised, what: str
) -> Mapping[str, JsonValue]:
    found = resolve(dict(written), scope)
    if not isinstance(found, dict):
        raise InputError(f"{what}: params are not a mapping")
    try:
        return accept(definition, found)
    except ValidationError as error:
        raise InputError(f"{what}: {sentence(error)}") from error


def _bound(value: JsonValue, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise InputError(f"{what}: bound {value!r} is not a number; give a finite one")
    return float(value)
