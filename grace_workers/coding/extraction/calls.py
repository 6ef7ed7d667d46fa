"""Which functions of a module call which, by their bare names. Calls across modules are not followed."""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from grace_workers.coding.extraction.scope import Function


@dataclass(frozen=True, slots=True)
class ModuleCalls:
    """The functions of a module by their bare names, and the names that each of them calls."""

    functions: Mapping[str, tuple[Function, ...]]
    called: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, tree: ast.Module) -> "ModuleCalls":
        """Return the calls of a module."""
        functions: dict[str, tuple[Function, ...]] = {}
        for node in ast.walk(tree):
            if isinstance(node, Function):
                functions[node.name] = (*functions.get(node.name, ()), node)
        called = {name: called_in(nodes) & functions.keys() for name, nodes in functions.items()}
        return cls(functions, called)

    def depths(self, names: Iterable[str]) -> dict[str, int]:
        """Return every function that a call of `names` reaches, with the least number of frames down to it."""
        found: dict[str, int] = {}
        depth, now = 1, {one for one in names if one in self.functions}
        while now:
            found.update(dict.fromkeys(now, depth))
            now = {after for one in now for after in self.called[one]} - found.keys()
            depth += 1
        return found

    def cycle(self, name: str) -> set[str]:
        """Return the functions that `name` calls, at any distance, and that call it: itself too, if it recurs."""
        reached = self.depths(self.called.get(name, ()))
        return {one for one in reached if name in self.depths(self.called[one]) or one == name}


def called_in(nodes: Iterable[ast.AST]) -> frozenset[str]:
    """Return the names that the nodes call: `f()`, and `self.f()` or `cls.f()`."""
    found: set[str] = set()
    for top in nodes:
        for node in ast.walk(top):
            if not isinstance(node, ast.Call):
                continue
            if isinstance(node.func, ast.Name):
                found.add(node.func.id)
            elif isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
                found.update({node.func.attr} if node.func.value.id in {"self", "cls"} else ())
    return frozenset(found)
