"""Whether two pieces of code do the same: their syntax is equal when local names are replaced by numbers."""

import ast
from collections.abc import Collection, Mapping, Sequence


class Numbering(ast.NodeTransformer):
    """Replaces local names by numbers, in the order in which they first occur."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = set(names)
        self.numbers: dict[str, str] = {}

    def _number(self, name: str) -> str:
        if name not in self._names:
            return name
        return self.numbers.setdefault(name, f"#{len(self.numbers)}")

    def visit_Name(self, node: ast.Name) -> ast.Name:
        """Number a name."""
        return ast.Name(self._number(node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.arg:
        """Number a parameter."""
        return ast.arg(self._number(node.arg), node.annotation and self.visit(node.annotation))

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Copy a node, so that the tree stays as it is."""
        copied = type(node)()
        for name, value in ast.iter_fields(node):
            setattr(copied, name, self._copied(value))
        # What is imported keeps its name, because it says what the code uses.
        for field in ("asname",) if isinstance(node, ast.alias) else ("name", "rest"):
            word = getattr(copied, field, None)
            if isinstance(word, str):
                setattr(copied, field, self._number(word))
        if isinstance(copied, ast.Global | ast.Nonlocal):
            copied.names = [self._number(one) for one in copied.names]
        return copied

    def _copied(self, value: object) -> object:
        if isinstance(value, list):
            return [self._copied(one) for one in value]
        return self.visit(value) if isinstance(value, ast.AST) else value


def likeness(body: Sequence[ast.stmt], names: Collection[str]) -> tuple[str, Mapping[str, str]]:
    """Return the code's syntax without local names, and the number of each of them."""
    numbering = Numbering(names)
    text = "\n".join(ast.dump(numbering.visit(one)) for one in body)
    return text, numbering.numbers
