"""Whether a sighting may become a target, and the target that it becomes. Pure: it asks nothing and stores nothing."""

import re
from collections.abc import Mapping
from typing import TypeVar

from grace_workers.actions import AnyDriver, Ownership, Target
from grace_workers.foundation.catalog import Catalog
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetKind, TargetName
from grace_workers.foundation.redaction import without_secrets
from grace_workers.orchestration.discovery.beating import declared_heartbeat
from grace_workers.orchestration.discovery.sighting import DiscoveryRule, Sighting

V = TypeVar("V", bound=JsonValue)

TIGHTENING = "grace"
"""The label by which the shipped policy asks first, or acts never; no value of it loosens anything."""

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_VALUE = re.compile(r"[A-Za-z0-9\[][A-Za-z0-9._:@\[\]-]{0,252}")
_LABEL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/-]{0,99}")
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_TEMPLATES = ("{{", "{%", "${", "<%")
_LONGEST, _MOST_LABELS, _MOST_NEEDED = 200, 30, 50
_OWN_PREFIX = "grace."


def placeholders(connection: JsonValue) -> frozenset[str]:
    """Return the names of the placeholders in the texts of a connection."""
    if isinstance(connection, str):
        return frozenset(_PLACEHOLDER.findall(connection))
    if isinstance(connection, list | dict):
        inner = connection if isinstance(connection, list) else list(connection.values())
        return frozenset().union(*map(placeholders, inner))
    return frozenset()


def admit(sighting: Sighting, rule: DiscoveryRule, drivers: Catalog[AnyDriver]) -> Target:
    """Return the target that the sighting becomes under this rule, without an incarnation.

    Raises:
        InputError: it is hostile, or not covered by what the rule allows; the sentence names the value.
    """
    _require_name(sighting.name)
    kind = TargetKind(sighting.kind or rule.kinds[0])
    if kind not in rule.kinds:
        allowed = ", ".join(rule.kinds)
        raise InputError(f"kind {kind[:40]!r} is not among the kinds that this discovery may declare: {allowed}")
    connection = _connection(sighting, rule)
    driver = drivers[kind]
    driver.connection.read(connection, f"connection of kind {kind!r}")
    declared_heartbeat(sighting, rule)
    trusted = rule.owner is Ownership.INTERNAL and sighting.owner is not Ownership.EXTERNAL
    return Target(
        name=TargetName(sighting.name),
        kind=kind,
        owner=Ownership.INTERNAL if trusted else Ownership.EXTERNAL,
        connection=connection,
        labels=_labels(sighting, rule),
        depends_on=_needed(sighting),
        roles=frozenset(role.__name__ for role in driver.roles_with(connection)),
        origin=rule.name,
    )


def _require_name(name: str) -> None:
    if _NAME.fullmatch(name) is None or name.startswith(_OWN_PREFIX):
        rule = "1 to 63 of a-z, 0-9, `.`, `_` and `-`, beginning with a letter or digit, and not with `grace.`"
        raise InputError(f"name {name[:80]!r} is not allowed; a name consists of {rule}")


def _labels(sighting: Sighting, rule: DiscoveryRule) -> Mapping[str, str]:
    own = {key: value for key, value in sighting.labels.items() if key in rule.keep or key == TIGHTENING}
    if len(own) > _MOST_LABELS:
        raise InputError(f"it has {len(own)} labels that count; at most {_MOST_LABELS} may")
    for key, value in own.items():
        why = _hostile(key, value)
        if why is not None:
            raise InputError(f"label {key[:80]!r} is refused: it {why}")
    # What the operator says of all targets outranks what one says of itself.
    return {**own, **rule.labels}


def _hostile(key: str, value: str) -> str | None:
    if _LABEL.fullmatch(key) is None:
        return "has not a name of letters, digits, `.`, `_`, `/` and `-`"
    if len(value) > _LONGEST:
        return f"has {len(value)} characters; at most {_LONGEST} are allowed"
    if not value.isprintable():
        return f"contains a line break or another unprintable character: {value[:40]!r}"
    if value.startswith("-"):
        return f"begins with '-', as an option would: {value[:40]!r}"
    if any(one in value for one in _TEMPLATES):
        return f"contains a template: {value[:40]!r}"
    return None


def _needed(sighting: Sighting) -> tuple[TargetName, ...]:
    if len(sighting.depends_on) > _MOST_NEEDED:
        raise InputError(f"it depends on {len(sighting.depends_on)} targets; at most {_MOST_NEEDED} are allowed")
    for name in sighting.depends_on:
        if _NAME.fullmatch(name) is None:
            raise InputError(f"it depends on {name[:80]!r}, which is not the name of a target")
    return tuple(map(TargetName, sighting.depends_on))


def _connection(sighting: Sighting, rule: DiscoveryRule) -> Mapping[str, JsonValue]:
    if sighting.connection is None:
        return filled(rule.connection, sighting.values)
    if without_secrets(sighting.connection) != sighting.connection:
        raise InputError(
            "its connection holds what looks like a secret; declare this target in grace.yaml, or name the "
            "file or variable with the secret"
        )
    return sighting.connection


def filled(connection: Mapping[str, JsonValue], values: Mapping[str, str]) -> Mapping[str, JsonValue]:
    """Return the connection with its placeholders filled in.

    Raises:
        InputError: a value may not stand in a connection, or there is none for a placeholder.
    """
    return {key: _filled(value, values) for key, value in connection.items()}


def _filled(part: JsonValue, values: Mapping[str, str]) -> JsonValue:
    if isinstance(part, str):
        return _PLACEHOLDER.sub(lambda found: _value(found[1], values), part)
    if isinstance(part, list):
        return [_filled(one, values) for one in part]
    if isinstance(part, dict):
        return {key: _filled(one, values) for key, one in part.items()}
    return part


def _value(name: str, values: Mapping[str, str]) -> str:
    value = values.get(name)
    if value is None:
        raise InputError(f"the connection asks for {{{name}}}, and the discovery tells none")
    if _VALUE.fullmatch(value) is None:
        raise InputError(f"{name} {value[:80]!r} may not stand in a connection: it is no plain name or address")
    return value
