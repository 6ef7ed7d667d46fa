"""What reference pages say about a field: its type, its bounds, its unit and its default."""

import re
import types
from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr, WithJsonSchema
from pydantic.fields import FieldInfo

from grace_workers.foundation.ids import InstanceName, TargetKind
from grace_workers.foundation.secret import Secret
from tests.architecture.markdown import table as _table

BOUNDS = {
    "ge": "at least {}",
    "gt": "above {}",
    "le": "at most {}",
    "lt": "below {}",
    "min_length": "at least {} long",
    "max_length": "at most {} long",
}


HOST = "the host's name"


WORDS: Mapping[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "`true` or `false`",
    timedelta: "span of time",
    Path: "path",
    SecretStr: "text, never shown",
    dict: "mapping",
    Secret: "secret",
    TargetKind: "[kind](targets.md)",
    InstanceName: "text",
}


def unit_of(field: FieldInfo) -> str:
    extra = field.json_schema_extra
    named = extra.get("unit", "") if isinstance(extra, dict) else ""
    return str(named) or ("seconds" if timedelta in (field.annotation, *get_args(field.annotation)) else "")


def keys_of(fields: Mapping[str, FieldInfo], prefix: str, variable: str) -> list[Sequence[object]]:
    return [
        (f"`{prefix}{name}`", f"`{variable}{name.upper()}`", type_of(field), default_of(name, field))
        for name, field in fields.items()
    ]


def group_of(field: FieldInfo) -> type[BaseModel] | None:
    """Return the model of a field that holds a group, or a list of them."""
    for candidate in (field.annotation, *get_args(field.annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None


def params_of(model: type[BaseModel]) -> str:
    if not model.model_fields:
        return "It takes no params."
    rows = [(f"`{name}`", type_of(field), default_of(name, field)) for name, field in model.model_fields.items()]
    return f"{prose_of(model)}\n\n{_table(('Param', 'Type', 'Default'), rows)}"


def type_of(field: FieldInfo) -> str:
    marks = [(words, getattr(one, name, None)) for one in field.metadata for name, words in BOUNDS.items()]
    bounds = [words.format(shown(bound)) for words, bound in marks if bound is not None]
    schemas = [one.json_schema or {} for one in field.metadata if isinstance(one, WithJsonSchema)]
    names = " or ".join(f"`{name}`" for schema in schemas for name in schema.get("enum", ()))
    return ", ".join([names or word_of(field.annotation), *bounds])


def word_of(annotation: Any) -> str:
    """Return the type as a reader of YAML knows it."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return " or ".join(filter(None, (word_of(one) for one in inner)))
    if origin is Literal or (isinstance(annotation, type) and issubclass(annotation, Enum)):
        return " or ".join(f"`{value}`" for value in (inner or annotation))
    if origin in (tuple, list):
        return f"list of {word_of(inner[0])}"
    return WORDS.get(annotation) or WORDS.get(origin) or (word_of(inner[0]) if inner else "")


def default_of(name: str, field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if name == "instance":
        return HOST
    value = field.get_default(call_default_factory=True)
    if value in ((), {}, []):
        return "empty"
    if isinstance(value, tuple):
        return ", ".join(f"`{one}`" for one in value)
    return "none" if value is None else f"`{shown(value)}`"


def shown(value: object) -> str:
    """Return a value as YAML writes it."""
    if isinstance(value, timedelta):
        return f"{value.total_seconds():.10g} s"
    return str(value).lower() if isinstance(value, bool) else str(value)


def prose_of(model: type) -> str:
    return re.sub(r"\s*\n\s*", " ", (model.__doc__ or "").strip())
