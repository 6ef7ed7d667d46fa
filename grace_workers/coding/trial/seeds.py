"""What is known of an operation before it is tried: arguments that others call it with, and the lines to reach."""

import ast
from collections.abc import Sequence

from .seen_calls import SeenCall
from .subjects import Callee, Parameter

_SEEN = 8.0
Given = list[tuple[Parameter, str]]
"""The arguments of one call, each with its parameter, as Python writes them."""


def seeds(operation: Callee, seen: Sequence[SeenCall]) -> list[Given]:
    """Return the arguments of these calls as arguments of the operation, and let its parameters take each of them."""
    found = [given for call in seen if (given := _given(operation, call)) is not None]
    for parameter, text in (one for given in found for one in given):
        if not parameter.loose:
            parameter.take("seen", [text], _SEEN)
    return found


def _given(operation: Callee, call: SeenCall) -> Given | None:
    """Return the arguments of a call with the operation's parameters; None if it has no such parameters."""
    places = [one for one in operation.parameters if not one.named and not one.loose]
    if len(call.given) > len(places):
        rest = places[-1:] if places and places[-1].several else []
        places += rest * (len(call.given) - len(places))
    names = {one.name: one for one in operation.parameters if not one.several and not one.loose}
    loose = next((one for one in operation.parameters if one.loose), None)
    if len(call.given) > len(places):
        return None
    made: Given = [*zip(places, call.given, strict=False)]
    for name, text in call.named.items():
        if name in names:
            made.append((names[name], text))
        elif loose is not None:
            made.append((loose, f"{name}={text}"))
        else:
            return None
    return sorted(made, key=lambda one: operation.parameters.index(one[0]))


def lines_of(operation: Callee) -> set[int]:
    """Return the lines at which the statements of an operation begin, docstrings left out."""
    body = getattr(operation.node, "body", [])
    nodes = [node for one in body for node in ast.walk(one) if isinstance(node, ast.stmt)]
    return {node.lineno for node in nodes if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))}
