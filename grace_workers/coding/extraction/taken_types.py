"""Types that a new function takes over from the one whose code it holds, where they mean the same outside of it."""

import ast
from collections.abc import Mapping, Sequence

from grace_workers.coding.extraction.scope import Function, locals_of, use_of
from grace_workers.coding.extraction.spot import Spot


def parameter_types(spot: Spot) -> Mapping[str, str]:
    """Return the types of the function's parameters by name, as texts; a parameter's type holds in all of its body."""
    plain = spot.function.args
    near = _near(spot)
    return {
        one.arg: ast.unparse(one.annotation)
        for one in (*plain.posonlyargs, *plain.args, *plain.kwonlyargs)
        if one.annotation is not None and not near & _names(one.annotation)
    }


def return_type(spot: Spot) -> str | None:
    """Return the type that the function gives back, as a text; None if it has none, or one that stays inside."""
    said = spot.function.returns
    return None if said is None or _near(spot) & _names(said) else ast.unparse(said)


def with_types(names: Sequence[str], types: Mapping[str, str]) -> list[str]:
    """Return parameters as they are written."""
    return [f"{one}: {types[one]}" if one in types else one for one in names]


def _near(spot: Spot) -> set[str]:
    """Return the names of the classes and functions around the function, and of its own type parameters."""
    own = {one.name for one in getattr(spot.function, "type_params", ())}
    return own.union(*(_bound(one) for one in spot.scopes[:-1]))


def _bound(scope: ast.AST) -> set[str]:
    more = {one.name for one in getattr(scope, "type_params", ())}
    if isinstance(scope, Function):
        return more | locals_of(scope)
    return more | use_of(scope.body).binds if isinstance(scope, ast.ClassDef) else more


def _names(annotation: ast.expr) -> set[str]:
    """Return the names in a type, those in its strings too."""
    words = {one.id for one in ast.walk(annotation) if isinstance(one, ast.Name)}
    texts = [one.value for one in ast.walk(annotation) if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return words.union(*(_words(text) for text in texts))


def _words(text: str) -> set[str]:
    return set("".join(one if one.isidentifier() or one.isdigit() else " " for one in text).split())
