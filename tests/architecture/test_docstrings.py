"""A public method says what it does, itself or through the port that its class implements."""

import ast
from collections.abc import Iterator
from functools import cache

from tests.architecture.house import product


@cache
def classes() -> dict[str, ast.ClassDef]:
    """Return the classes of the product by name."""
    return {node.name: node for source in product() for node in source.definitions if isinstance(node, ast.ClassDef)}


def test_every_public_method_says_what_it_does_or_its_port_does():
    offences = [
        f"{source.place}:{method.lineno} {kind.name}.{method.name}"
        for source in product()
        for kind in source.definitions
        if isinstance(kind, ast.ClassDef) and not kind.name.startswith("_")
        for method in _methods(kind)
        if not method.name.startswith("_") and not any(_tells(known, method.name) for known in _lineage(kind))
    ]
    assert offences == []


def _methods(kind: ast.ClassDef) -> list[ast.FunctionDef]:
    return [node for node in kind.body if isinstance(node, ast.FunctionDef)]


def _tells(kind: ast.ClassDef, name: str) -> bool:
    return any(method.name == name and ast.get_docstring(method) for method in _methods(kind))


def _lineage(kind: ast.ClassDef) -> Iterator[ast.ClassDef]:
    """Yield a class and its ancestors within the package."""
    yield kind
    for parent in kind.bases:
        name = ast.unparse(parent).partition("[")[0].rpartition(".")[2]
        if name in classes() and name != kind.name:
            yield from _lineage(classes()[name])
