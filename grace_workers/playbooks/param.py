"""What a playbook lets its caller choose: declared params, and the values that fit them."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.duration import parse_duration
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.template import names_in, resolve

Scalar = bool | int | float | str
LabelName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
LONGEST_TEXT = 500
LARGEST_NUMBER = 2**53 - 1


class ParamType(StrEnum):
    """The type of a param's value. A duration is written `10s` and passed to a primitive in seconds."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DURATION = "duration"


class Param(Document):
    """One declared param. `default` may be a template, such as a `binding.x` or a `label.x`; the bounds are inclusive.

    `label` names a label of the target to heal that replaces the default where the target has it, read as the
    param's type. A param that is neither required nor has a value may stay absent; the primitive's own default then
    applies.
    """

    type: ParamType
    description: str = Field(default="", max_length=300)
    default: Scalar | None = None
    label: LabelName | None = None
    required: bool = False
    minimum: int | float | str | None = None
    maximum: int | float | str | None = None
    enum: tuple[Scalar, ...] = Field(default=(), max_length=50)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        numeric = self.type in {ParamType.INTEGER, ParamType.NUMBER, ParamType.DURATION}
        if not numeric and (self.minimum is not None or self.maximum is not None):
            raise ValueError(f"minimum and maximum apply to numbers and durations, not to a {self.type}")
        try:
            for value in (self.minimum, self.maximum, *self.enum):
                if value is not None:
                    _typed(self.type, value)
            if self.default is not None and not self.templated:
                fit(self, self.default, "default")
        except InputError as error:
            raise ValueError(str(error)) from error
        return self

    @property
    def templated(self) -> bool:
        """Whether the default is a template, so that its value is known only when a plan is made."""
        return isinstance(self.default, str) and ("{{" in self.default or "}}" in self.default)


def fit(param: Param, value: JsonValue, what: str) -> Scalar:
    """Return `value` as the param's type, a duration in seconds; `what` names it in the error.

    Raises:
        InputError: the value is of another type, out of bounds or not in the enumeration.
    """
    try:
        typed = _typed(param.type, value)
    except InputError as error:
        raise InputError(f"{what}: {error}") from error
    low = None if param.minimum is None else _typed(param.type, param.minimum)
    high = None if param.maximum is None else _typed(param.type, param.maximum)
    if isinstance(typed, int | float) and low is not None and typed < float(low):
        raise InputError(f"{what}: {_shown(value)} is below {param.minimum}")
    if isinstance(typed, int | float) and high is not None and typed > float(high):
        raise InputError(f"{what}: {_shown(value)} is above {param.maximum}")
    if param.enum and typed not in [_typed(param.type, item) for item in param.enum]:
        raise InputError(f"{what}: {_shown(value)} is not one of {', '.join(str(item) for item in param.enum)}")
    return typed


def fill(
    declared: Mapping[str, Param], given: Mapping[str, JsonValue], scope: Mapping[str, JsonValue]
) -> dict[str, JsonValue]:
    """Return each declared param's value: given, else its label's, else its default resolved in `scope`, else None.

    Raises:
        InputError: a given param is not declared or does not fit, or a required one has no value.
    """
    for name in given:
        if name not in declared:
            known = ", ".join(declared) or "none"
            raise InputError(f"unknown param {name[:80]!r}; declared: {known}")
    return {name: _fill_one(name, param, given.get(name), scope) for name, param in declared.items()}


def _fill_one(name: str, param: Param, given: JsonValue, scope: Mapping[str, JsonValue]) -> JsonValue:
    labelled = scope.get(f"label.{param.label}")
    if given is None and isinstance(labelled, str):
        return fit(param, _read(param.type, labelled), f"param {name!r}, label {param.label!r}")
    value = given
    if value is None and param.default is not None:
        missing = [used for used in names_in(param.default) if used not in scope]
        value = None if missing else resolve(param.default, scope)
        if missing and param.required:
            raise InputError(f"param {name!r} has no value: it was not given and nothing bound {missing[0]!r}")
    if value is None:
        if param.required:
            raise InputError(f"param {name!r} is required; give a value")
        return None
    return fit(param, value, f"param {name!r}")


def _read(kind: ParamType, text: str) -> JsonValue:
    """Return what a label says, as the type writes it: a label is always a text."""
    if kind is ParamType.BOOLEAN:
        return {"true": True, "false": False}.get(text, text)
    if kind in {ParamType.INTEGER, ParamType.NUMBER}:
        try:
            return int(text) if kind is ParamType.INTEGER else float(text)
        except ValueError:
            return text
    return text


def _typed(kind: ParamType, value: JsonValue) -> Scalar:
    if kind is ParamType.BOOLEAN and isinstance(value, bool):
        return value
    if kind is ParamType.STRING and isinstance(value, str):
        return _text(value)
    if kind is ParamType.DURATION and isinstance(value, str):
        return parse_duration(value) / timedelta(seconds=1)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST_NUMBER:
        raise InputError(f"{_shown(value)} is not of type {kind}")
    if kind is ParamType.INTEGER and isinstance(value, int):
        return value
    if kind is ParamType.NUMBER:
        return value
    raise InputError(
        f"{_shown(value)} is not of type {kind}" + ("; write it with a unit" if kind is ParamType.DURATION else "")
    )


def _text(value: str) -> str:
    if len(value) > LONGEST_TEXT:
        raise InputError(f"a text of {len(value)} characters is longer than {LONGEST_TEXT}")
    if not value.isprintable():
        raise InputError("the text contains a control character; remove it")
    return value


def _shown(value: JsonValue) -> str:
    return repr(value)[:80]
