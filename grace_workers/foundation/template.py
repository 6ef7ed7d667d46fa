"""Templates: `{{ params.x }}`, `{{ binding.x }}`, `{{ label.x }}`, `{{ target }}`, `{{ incident.id }}`, nothing else.

A template names a value; it cannot call, filter, index or compute. An inserted value is never read as a template again,
so a value from outside cannot bring one along.
"""

import re
from collections.abc import Iterator, Mapping

from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import InputError

_NAME = re.compile(r"\{\{ *([a-z][a-z0-9_]{0,63}(?:\.[a-z][a-z0-9_]{0,63})?) *\}\}")
_ALLOWED = "{{ params.x }}, {{ binding.x }}, {{ label.x }}, {{ target }} and {{ incident.id }}"


class UnknownNameError(InputError):
    """A template names a value that does not exist."""


def names_in(value: JsonValue) -> Iterator[str]:
    """Yield the names that the templates in `value` use, in order.

    Raises:
        InputError: a text has `{{` or `}}` that is no allowed template.
    """
    if isinstance(value, str):
        yield from _names(value)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from names_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from names_in(item)


def whole_name(value: JsonValue) -> str | None:
    """Return the name when `value` is one template and nothing else."""
    found = _NAME.fullmatch(value) if isinstance(value, str) else None
    return found.group(1) if found else None


def resolve(value: JsonValue, scope: Mapping[str, JsonValue]) -> JsonValue:
    """Return `value` with every template replaced; `scope` maps whole names (`params.x`) to values.

    A value that is one template takes the type of what it names; inside a longer text its spelling is inserted. An
    entry of a mapping whose template names a value of None is left out.

    Raises:
        UnknownNameError: a name is not in `scope`.
        InputError: a text has `{{` or `}}` that is no allowed template.
    """
    if isinstance(value, str):
        return _resolve_text(value, scope)
    if isinstance(value, Mapping):
        resolved = {key: resolve(item, scope) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not None or value[key] is None}
    if isinstance(value, list | tuple):
        return [resolve(item, scope) for item in value]
    return value


def _resolve_text(text: str, scope: Mapping[str, JsonValue]) -> JsonValue:
    whole = whole_name(text)
    if whole is not None:
        return _look_up(whole, scope)
    list(_names(text))
    return _NAME.sub(lambda found: _spell(_look_up(found.group(1), scope)), text)


def _names(text: str) -> Iterator[str]:
    rest = _NAME.sub("", text)
    if "{{" in rest or "}}" in rest:
        raise InputError(f"{text[:80]!r} is not a template; allowed are {_ALLOWED}")
    for found in _NAME.finditer(text):
        yield found.group(1)


def _look_up(name: str, scope: Mapping[str, JsonValue]) -> JsonValue:
    try:
        return scope[name]
    except KeyError:
        known = ", ".join(sorted(scope)) or "none"
        raise UnknownNameError(f"template names unknown {name!r}; known: {known}") from None


def _spell(value: JsonValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise InputError(f"a {type(value).__name__} cannot be part of a text; make the template the whole value")
