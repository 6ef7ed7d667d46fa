"""What a parameter's annotation and its uses ask for beyond a kind: collections, and objects with attributes."""

import ast
import inspect
import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle, islice, product

_MOST, _EACH = 8, 3
_SINGLE: Mapping[str, Sequence[str]] = {
    "int": ("1", "0", "-3"), "float": ("1.5", "0.0", "-2.5"), "str": ("'a'", "''", "'b c'"), "bytes": ("b'a'", "b''"),
    "bool": ("True", "False"), "None": ("None",), "Any": ("1", "'a'", "None"), "object": ("1", "'a'", "None"),
}  # fmt: skip
_LISTS = frozenset({"list", "List", "Sequence", "MutableSequence", "Iterable", "Collection"})
_ITERATORS = frozenset({"Iterator", "Generator"})
_SETS = frozenset({"set", "Set", "AbstractSet", "MutableSet"})
_MAPPINGS = frozenset({"dict", "Dict", "Mapping", "MutableMapping"})
_UNIONS = frozenset({"Optional", "Union", "Final", "Annotated", "ClassVar"})
_HELD = ("1", "'a'", "None", "True", "[]", "'abc'", "0")
_USUAL = frozenset().union(*(dir(kind) for kind in (str, list, dict, set, int, float, bytes, tuple)))


def tree_of(annotation: object) -> ast.expr | None:
    """Return an annotation as syntax; None if there is none that can be read."""
    if annotation is inspect.Parameter.empty:
        return None
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    try:
        return ast.parse(text.replace("typing.", "").replace("collections.abc.", ""), mode="eval").body
    except SyntaxError:
        return None


def typed(annotation: object) -> list[str]:
    """Return values of an annotation with parts, such as `list[str]` or `Literal['a', 'b']`, as Python writes them."""
    tree = tree_of(annotation)
    if tree is None or not any(isinstance(one, ast.Subscript) for one in ast.walk(tree)):
        return []
    return list(dict.fromkeys(islice(_values(tree), _MOST)))


def _values(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.BinOp):
        yield from (*_values(node.left), *_values(node.right))
    elif isinstance(node, ast.Subscript):
        name = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
        yield from _parted(name, node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice])
    elif isinstance(node, ast.Constant) and node.value is None:
        yield "None"
    elif isinstance(node, ast.Name):
        yield from _SINGLE.get(node.id, ())


def _parted(name: str, parts: Sequence[ast.expr]) -> Iterator[str]:
    """Yield values of a type that has these parameters."""
    if name == "Literal":
        yield from map(ast.unparse, parts)
    elif name in _UNIONS:
        yield from (value for one in parts for value in islice(_values(one), _EACH))
        yield from ["None"] if name == "Optional" else []
    elif name == "Callable":
        names = ", ".join("abcdefgh"[: len(parts[0].elts)]) if isinstance(parts[0], ast.List) else "*args"
        yield from (f"lambda {names}: {value}".replace("lambda :", "lambda:") for value in _values(parts[-1]))
    else:
        inner = [list(islice(_values(one), _EACH)) for one in parts if ast.unparse(one) != "..."]
        if inner and all(inner):
            yield from _held(name, inner)


def _held(name: str, inner: Sequence[Sequence[str]]) -> Iterator[str]:
    first = inner[0]
    several = ("", *first[:1], ", ".join(first), ", ".join(reversed(first)), f"{first[0]}, {first[0]}")
    if name in _LISTS:
        yield from (f"[{one}]" for one in several)
    elif name in _ITERATORS:
        yield from (f"iter([{one}])" for one in several)
    elif name in _SETS:
        yield from ("set()", *(f"{{{one}}}" for one in several[1:]))
    elif name in _MAPPINGS and len(inner) > 1:
        yield "{}"
        yield "{" + ", ".join(f"{key}: {value}" for key, value in zip(first, cycle(inner[1]), strict=False)) + "}"
        yield f"{{{first[0]}: {inner[1][-1]}}}"
    elif name in {"tuple", "Tuple"}:
        yield from ("(" + "".join(f"{one}, " for one in row).strip() + ")" for row in product(*inner))


def stubs(name: str, node: ast.AST) -> list[str]:
    """Return objects with the attributes and methods that are used of a parameter, unless a usual type has them."""
    used: dict[str, bool] = {}
    called = {id(one.func) for one in ast.walk(node) if isinstance(one, ast.Call)}
    for one in ast.walk(node):
        if isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name) and one.value.id == name:
            used[one.attr] = used.get(one.attr, False) or id(one) in called
    if not used or used.keys() <= _USUAL or any(attribute.startswith("__") for attribute in used):
        return []
    chance = random.Random(name)  # noqa: S311 - it must repeat itself
    made: dict[str, None] = {}
    for _ in range(_MOST):
        held = [f"{one}={'lambda *args: ' if used[one] else ''}{chance.choice(_HELD)}" for one in used]
        made[f"types.SimpleNamespace({', '.join(held)})"] = None
    return list(made)
