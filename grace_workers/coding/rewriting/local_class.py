"""Types of classes that are defined inside functions, by what can be named outside: the class that they extend."""

import ast
import re
from collections.abc import Mapping
from typing import NamedTuple


class Local(NamedTuple):
    """A class by its name and line."""

    name: str
    line: int


def local_parents(source: str) -> Mapping[Local, str]:
    """Return what the only base is of each class inside a function, where it is a class of the module."""
    tree = ast.parse(source)
    outside = {one.name for one in tree.body if isinstance(one, ast.ClassDef)}
    return {
        Local(one.name, one.lineno): one.bases[0].id
        for one in ast.walk(tree)
        if isinstance(one, ast.ClassDef)
        and len(one.bases) == 1
        and isinstance(one.bases[0], ast.Name)
        and one.bases[0].id in outside
    }


def named_outside(said: str, module: str, parents: Mapping[Local, str]) -> str:
    """Return what mypy reveals, with what local classes of a module extend in their place, where that is known."""

    def parent(found: re.Match[str]) -> str:
        known = parents.get(Local(found[1], int(found[2])))
        return found[0] if known is None else f"{module}.{known}"

    return re.sub(rf"\b{re.escape(module)}\.(\w+)@(\d+)(?![.\w\[])", parent, said)
