"""Commands that a connection declares by name: finding one, and refusing arguments that it does not declare."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from grace_workers.foundation.errors import InputError, NotFoundError

F = TypeVar("F")


def declared_form(name: str, forms: Mapping[str, F]) -> F:
    """Return the command of that name. Raises NotFoundError."""
    if name not in forms:
        raise NotFoundError(f"command {name[:80]!r} is not declared; declared commands: {', '.join(sorted(forms))}")
    return forms[name]


def check_arguments(name: str, declared: Mapping[str, Sequence[str]], given: Mapping[str, str]) -> None:
    """Raise InputError for an argument that is missing, unknown or has a value that is not declared."""
    for key in {*declared, *given}:
        allowed = declared.get(key)
        if allowed is None:
            known = ", ".join(sorted(declared)) or "none"
            raise InputError(f"command {name!r} has no argument {key[:80]!r}; it has: {known}")
        if key not in given:
            raise InputError(f"command {name!r} needs argument {key!r}: {', '.join(allowed)}")
        if given[key] not in allowed:
            shown = f"{given[key][:80]!r} is not allowed; allowed: {', '.join(allowed)}"
            raise InputError(f"command {name!r}, argument {key!r}: {shown}")
