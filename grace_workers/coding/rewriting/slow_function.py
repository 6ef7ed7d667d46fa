"""A function of a module as optimisations see it: its loops, its names, and places for edits."""

import ast
from collections.abc import Iterator
from functools import cached_property
from itertools import count

from grace_workers.coding.extraction.scope import own_nodes
from grace_workers.coding.functions import Defined
from grace_workers.coding.patch import Edit

Loop = ast.For | ast.While


def searched(node: ast.AST) -> ast.Name | None:
    """Return the name of what `in` or `not in` searches."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.In | ast.NotIn):
        place = node.comparators[0]
        return place if isinstance(place, ast.Name) else None
    return None


class SlowFunction:
    """One function, by its node in the tree of its module."""

    def __init__(self, source: str, tree: ast.Module, node: Defined) -> None:
        self.tree, self.node = tree, node
        self.lines = source.split("\n")
        self._taken = {one.id for one in ast.walk(tree) if isinstance(one, ast.Name)} | {
            one.arg for one in ast.walk(tree) if isinstance(one, ast.arg)
        }

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """Every node's parent, within the function."""
        return {child: one for one in ast.walk(self.node) for child in ast.iter_child_nodes(one)}

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Everything that runs in the function itself."""
        return list(own_nodes(self.node.body))

    @cached_property
    def parameters(self) -> set[str]:
        """The names of its parameters."""
        return {one.arg for one in ast.walk(self.node.args) if isinstance(one, ast.arg)}

    def loops(self) -> Iterator[Loop]:
        """Yield the loops, the outermost first."""
        found = [one for one in self.nodes if isinstance(one, Loop)]
        yield from sorted(found, key=lambda one: (one.lineno, one.col_offset))

    def uses(self, name: str) -> list[ast.Name]:
        """Return every use of a name in the function, those of inner functions too, in the order of the text."""
        found = [one for one in ast.walk(self.node) if isinstance(one, ast.Name) and one.id == name]
        return sorted(found, key=lambda one: (one.lineno, one.col_offset))

    def is_inside(self, node: ast.AST, outer: ast.AST) -> bool:
        """Return whether a node is below another one."""
        while node in self.parents:
            node = self.parents[node]
            if node is outer:
                return True
        return False

    def statement(self, node: ast.AST) -> ast.stmt:
        """Return the statement that a node belongs to."""
        while not isinstance(node, ast.stmt):
            node = self.parents[node]
        return node

    def free(self, name: str) -> str:
        """Return a name that the module does not use."""
        more = (f"{name}_{number}" for number in count(2))
        found = name if name not in self._taken else next(one for one in more if one not in self._taken)
        self._taken.add(found)
        return found

    def global_name(self, name: str, module: str) -> bool:
        """Return whether a name is an imported module, and nothing else in the function."""
        imports = [each for one in self.tree.body if isinstance(one, ast.Import) for each in one.names]
        local = any(not isinstance(one.ctx, ast.Load) for one in self.uses(name)) or name in self.parameters
        return not local and any(each.name == module and (each.asname or each.name) == name for each in imports)

    def replace(self, node: ast.expr, text: str) -> Edit:
        """Return the edit that writes an expression anew."""
        return Edit(node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0, text)

    def written(self, node: ast.expr) -> str:
        """Return an expression as it is written, if that is on one line."""
        line = self.lines[node.lineno - 1].encode()
        whole = node.lineno == node.end_lineno
        return line[node.col_offset : node.end_col_offset].decode() if whole else ast.unparse(node)

    def before(self, node: ast.stmt, text: str) -> Edit:
        """Return the edit that puts a line above a statement."""
        indent = self.lines[node.lineno - 1].encode()[: node.col_offset].decode()
        return Edit(node.lineno, 0, node.lineno, 0, f"{indent}{text}\n")

    def after(self, node: ast.stmt, text: str) -> Edit:
        """Return the edit that puts a line below a statement."""
        indent = self.lines[node.lineno - 1].encode()[: node.col_offset].decode()
        line = node.end_lineno or node.lineno
        if line < len(self.lines):
            return Edit(line + 1, 0, line + 1, 0, f"{indent}{text}\n")
        end = len(self.lines[line - 1].encode())
        return Edit(line, end, line, end, f"\n{indent}{text}")

    def alone(self, node: ast.stmt) -> bool:
        """Return whether a statement has its lines for itself."""
        line = node.end_lineno or node.lineno
        tail = self.lines[line - 1].encode()[node.end_col_offset or 0 :].decode().strip()
        head = self.lines[node.lineno - 1].encode()[: node.col_offset].decode().strip()
        return not head and (not tail or tail.startswith("#"))

    def top(self) -> ast.stmt:
        """Return the statement of the module that holds the function."""
        return next(one for one in self.tree.body if one is self.node or self.node in ast.walk(one))
