"""Whether what a playbook refers to exists: its params, primitives, checks, and values they accept."""

from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from typing import TypeAlias, TypeGuard, get_args

from pydantic import BeforeValidator, ValidationError
from pydantic.fields import FieldInfo

from grace_workers.actions import AnyPrimitive
from grace_workers.checks import AnyCheck
from grace_workers.foundation.catalog import Catalog
from grace_workers.foundation.document import JsonValue, words_of
from grace_workers.foundation.duration import parse_duration, spelled
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.template import names_in, resolve
from grace_workers.foundation.yaml_file import Objection, Place
from grace_workers.playbooks.crosscheck_questions import object_to_questions
from grace_workers.playbooks.param import Param, ParamType, fit
from grace_workers.playbooks.playbook import CallSpec, ConditionSpec, ExpectationSpec, Playbook, StepSpec

_SAMPLES: Mapping[ParamType, JsonValue] = {
    ParamType.STRING: "sample",
    ParamType.INTEGER: 1,
    ParamType.NUMBER: 1.0,
    ParamType.BOOLEAN: True,
    ParamType.DURATION: 1.0,
}


Parametrised: TypeAlias = AnyPrimitive | AnyCheck
"""A definition that takes params."""

Written: TypeAlias = CallSpec | ConditionSpec | ExpectationSpec
"""What a playbook calls or reads."""

_TEMPLATED = ("target", "params", "bound", "each")

Bindings: TypeAlias = Mapping[str, Collection[str]]
"""All causes, each with the names of the bindings that a diagnosis of it gives."""


def accept(definition: Parametrised, params: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return `params` as the definition takes them.

    Spans are written like `10s`, which a `Span` reads; a field that is a bare `timedelta`, as a primitive of other
    people may have, gets seconds.

    Raises:
        ValidationError: the definition does not accept them.
        InputError: a span is not written like `10s`.
    """
    bare = {name for name, field in definition.params.model_fields.items() if _is_bare_span(field)}
    found = {
        name: parse_duration(value) / timedelta(seconds=1) if name in bare and _has_a_unit(value) else value
        for name, value in params.items()
    }
    read = definition.params.model_validate(found)
    spans = {
        name: spelled(value) for name in found.keys() - bare if isinstance(value := getattr(read, name), timedelta)
    }
    found = {**found, **spans}
    definition.params.model_validate(found)
    return found


def _is_bare_span(field: FieldInfo) -> bool:
    reads = any(isinstance(one, BeforeValidator) for one in field.metadata)
    return not reads and timedelta in (field.annotation, *get_args(field.annotation))


def _has_a_unit(value: JsonValue) -> TypeGuard[str]:
    return isinstance(value, str) and value[:1].isdigit() and value[-1:].isalpha()


def object_to(
    playbook: Playbook,
    primitives: Catalog[AnyPrimitive],
    checks: Catalog[AnyCheck],
    kinds: Collection[str] | None = None,
    causes: Bindings | None = None,
) -> Iterator[Objection]:
    """Yield everything in `playbook` that refers to nothing, or to something that would not accept it.

    Without `kinds`, the kinds of targets that it names are not checked; without `causes`, neither are its causes
    and their bindings.
    """
    if causes is not None:
        yield from _object_to_causes(playbook, causes)
    for index, kind in enumerate(playbook.when.target_kinds if kinds is not None else ()):
        if kind not in (kinds or ()):
            message = f"when.target_kinds names unknown kind {kind!r}; known: {', '.join(kinds or ())}"
            yield Objection(("when", "target_kinds", index), message)
    yield from _object_to_whole(playbook)
    yield from _object_to_params(playbook)
    for place, label, item in _written(playbook):
        if isinstance(item, CallSpec):
            yield from _object_to_call(playbook, place, item, label, primitives)
        else:
            yield from _object_to_reading(playbook, place, item, label, checks)
    for index, item in enumerate(playbook.expectations):
        if item.given is not None and item.given not in playbook.params:
            message = f"expectation {index + 1}: given names unknown param {item.given!r}; declare it"
            yield Objection(("expectations", index, "given"), message)


def _written(playbook: Playbook) -> Iterator[tuple[Place, str, Written]]:
    """Yield everything that calls a primitive or reads a check: where it is, what to call it, and itself."""
    for index, step in enumerate(playbook.steps):
        place, label = ("steps", index), f"step {index + 1}"
        yield place, label, step
        if step.when is not None:
            yield (*place, "when"), f"{label}, when", step.when
        if step.fallback is not None:
            yield (*place, "fallback"), f"{label}, fallback", step.fallback
    for index, item in enumerate(playbook.expectations):
        yield ("expectations", index), f"expectation {index + 1}", item


def _object_to_reading(
    playbook: Playbook,
    place: Place,
    item: ConditionSpec | ExpectationSpec,
    label: str,
    checks: Catalog[AnyCheck],
) -> Iterator[Objection]:
    yield from _object_to_call(playbook, place, item, label, checks)
    if item.check in checks and checks[item.check].unit is None:
        message = f"{label}: check {item.check!r} reads a list of facts; name one that reads a number"
        yield Objection((*place, "check"), message)
    yield from _object_to_bound(playbook, place, item, label)


def _object_to_whole(playbook: Playbook) -> Iterator[Objection]:
    seen: set[tuple[str | int, str]] = set()
    for place, _, item in _written(playbook):
        if isinstance(item, ConditionSpec):
            continue
        if (place[0], item.id) in seen:
            yield Objection((*place, "id"), f"duplicate id {item.id!r}; rename one")
        seen.add((place[0], item.id))
    yield from _object_to_each(playbook)
    yield from object_to_questions(playbook)
    if all(item.given for item in playbook.expectations):
        yield Objection(("expectations",), "every expectation has `given`; add one without it")
    if not any(item.proves for item in playbook.expectations):
        yield Objection(
            ("expectations",), "every expectation has `proves: false`; add one that proves that the fault is gone"
        )
    longest = max(item.within + item.hold for item in playbook.expectations)
    if playbook.budget < longest:
        short = f"budget {spelled(playbook.budget)} is shorter than the longest expectation"
        yield Objection(("budget",), f"{short}; give {spelled(longest)}")


def _object_to_each(playbook: Playbook) -> Iterator[Objection]:
    for place, label, item in _written(playbook):
        each = item.each if isinstance(item, StepSpec | ExpectationSpec) else None
        if each is not None and "=" not in each:
            message = f"{label}: each {each!r} is not a label and its value; write it like service=shop"
            yield Objection((*place, "each"), message)
        if isinstance(item, StepSpec) and item.at_once is not None and each is None:
            message = f"{label}: at_once without each has no effect; add each or remove at_once"
            yield Objection((*place, "at_once"), message)


def _object_to_causes(playbook: Playbook, causes: Bindings) -> Iterator[Objection]:
    unknown = [(index, name) for index, name in enumerate(playbook.when.causes) if name not in causes]
    for index, name in unknown:
        yield Objection(
            ("when", "causes", index), f"names unknown cause {name!r}; known: {', '.join(causes) or 'none'}"
        )
    given = {binding for name in playbook.when.causes for binding in causes.get(name, ())}
    for place, value in _templated(playbook):
        for found in _names_of(value):
            space, _, binding = found.partition(".")
            if space == "binding" and binding not in given and not unknown:
                known = ", ".join(sorted(given)) or "none"
                yield Objection(place, f"names unknown binding {binding!r}; known: {known}")


def _templated(playbook: Playbook) -> Iterator[tuple[Place, JsonValue]]:
    for name, param in playbook.params.items():
        yield ("params", name, "default"), param.default
    for place, _, item in _written(playbook):
        for field in _TEMPLATED:
            yield (*place, field), getattr(item, field, None)


def _names_of(value: JsonValue) -> list[str]:
    try:
        return list(names_in(value))
    except InputError:
        return []


def _object_to_params(playbook: Playbook) -> Iterator[Objection]:
    used = set(_all_names(playbook))
    for name, param in playbook.params.items():
        place: Place = ("params", name)
        try:
            names = list(names_in(param.default))
        except InputError as error:
            yield Objection((*place, "default"), str(error))
            continue
        for found in names:
            if found.startswith("params.") or not _knowable(found, playbook):
                yield Objection(
                    (*place, "default"),
                    f"a default cannot use {found!r}; use {{{{ binding.x }}}} or {{{{ label.x }}}}",
                )
        if f"params.{name}" not in used:
            yield Objection(place, f"param {name!r} is used by no step or expectation; remove it")


def _all_names(playbook: Playbook) -> Iterator[str]:
    for place, value in _templated(playbook):
        if place[0] != "params":
            yield from _names_of(value)


def _object_to_call(
    playbook: Playbook,
    place: Place,
    item: Written,
    label: str,
    known: Catalog[AnyPrimitive] | Catalog[AnyCheck],
) -> Iterator[Objection]:
    kind = "primitive" if isinstance(item, CallSpec) else "check"
    wrong = list(_object_to_names(playbook, place, item, label))
    yield from wrong
    name = str(getattr(item, kind))
    if name not in known:
        names = ", ".join(known.names) or "none"
        yield Objection((*place, kind), f"{label} names unknown {kind} {name!r}; known: {names}")
    elif not wrong:
        yield from _object_to_values(playbook, place, item.params, label, known[name])


def _object_to_names(playbook: Playbook, place: Place, item: Written, label: str) -> Iterator[Objection]:
    for field in _TEMPLATED:
        try:
            for name in names_in(getattr(item, field, None)):
                if not _knowable(name, playbook):
                    declared = ", ".join(f"params.{key}" for key in playbook.params) or "no params are declared"
                    yield Objection((*place, field), f"{label} names unknown {name!r}; known: {declared}")
        except InputError as error:
            yield Objection((*place, field), f"{label}: {error}")


def _knowable(name: str, playbook: Playbook) -> bool:
    space, _, rest = name.partition(".")
    match space:
        case "params":
            return rest in playbook.params
        case "binding" | "label":
            return bool(rest)
        case "target":
            return not rest
        case "incident":
            return rest == "id"
        case _:
            return False


def _object_to_values(
    playbook: Playbook, place: Place, params: Mapping[str, JsonValue], label: str, definition: Parametrised
) -> Iterator[Objection]:
    try:
        accept(definition, _tried(playbook, params))
    except ValidationError as error:
        for fault in error.errors(include_input=False, include_url=False):
            where = fault["loc"]
            field = str(where[0]) if where else ""
            if _forgivable(params.get(field), fault["type"]):
                continue
            takes = ", ".join(definition.params.model_fields) or "nothing"
            words = (
                f"is not accepted; accepted params: {takes}" if fault["type"] == "extra_forbidden" else words_of(fault)
            )
            yield Objection((*place, "params", *where), f"{label}: param {'.'.join(map(str, where))!r} {words}")
    except InputError as error:
        yield Objection((*place, "params"), f"{label}: {error}")


def _forgivable(written: JsonValue, fault: str) -> bool:
    """A value that is known only later may break a rule about values now, but never a rule about types."""
    names = list(names_in(written))
    if not names:
        return False
    if any(not name.startswith("params.") for name in names):
        return True
    return not fault.endswith(("_type", "_parsing"))


def _tried(playbook: Playbook, params: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    scope: dict[str, JsonValue] = {"target": "sample", "incident.id": "sample"}
    for name in names_in(dict(params)):
        scope.setdefault(name, "sample")
    for name, param in playbook.params.items():
        scope[f"params.{name}"] = _sample(param)
    found = resolve(dict(params), scope)
    return found if isinstance(found, dict) else {}


def _sample(param: Param) -> JsonValue:
    if param.default is not None and not param.templated:
        return fit(param, param.default, "default")
    if param.enum:
        return fit(param, param.enum[0], "enum")
    for bound in (param.minimum, param.maximum):
        if bound is not None:
            return fit(param, bound, "bound")
    return _SAMPLES[param.type]


def _object_to_bound(
    playbook: Playbook, place: Place, item: ConditionSpec | ExpectationSpec, label: str
) -> Iterator[Objection]:
    if not isinstance(item.bound, str):
        return
    names = [name for name in names_in(item.bound) if _knowable(name, playbook)] if "{{" in item.bound else []
    kinds = [playbook.params[name.removeprefix("params.")].type for name in names if name.startswith("params.")]
    numeric = {ParamType.INTEGER, ParamType.NUMBER, ParamType.DURATION}
    if len(names) != 1 or not set(kinds) <= numeric:
        message = f"{label}: bound {item.bound[:80]!r} is neither a number nor a numeric param"
        yield Objection((*place, "bound"), message)
