"""How well a name fits on a line: whether anything is bound to it there, and how common that is."""

import ast
from collections.abc import Iterator, Mapping
from functools import cached_property

from grace_workers.coding.functions import Defined

_AFTER_LOOP, _EARLIER_IN_LOOP, _UNBOUND = 0.2, 0.5, 0.02
_COMPREHENSIONS = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp

Span = tuple[int, int, float]


class Scope:
    """The lines on which each name of a function is bound."""

    def __init__(self, node: Defined) -> None:
        self._node = node

    def fit(self, name: str, line: int) -> float:
        """Return 1 if the name is certainly bound, less if it may be, almost 0 if it is not."""
        spans = self._spans.get(name)
        if spans is None:
            return 1.0
        return max((worth for first, last, worth in spans if first <= line <= last), default=_UNBOUND)

    @cached_property
    def _spans(self) -> Mapping[str, list[Span]]:
        found: dict[str, list[Span]] = {}
        for name, span in self._bound(self._node, (self._node.lineno, self._node.end_lineno or 0)):
            found.setdefault(name, []).append(span)
        for one in ast.walk(self._node.args):
            if isinstance(one, ast.arg):
                found[one.arg] = [(0, self._end, 1.0)]
        return found

    @property
    def _end(self) -> int:
        return self._node.end_lineno or 0

    def _bound(self, node: ast.AST, loop: tuple[int, int]) -> Iterator[tuple[str, Span]]:
        """Yield the names that are bound below `node`; `loop` is the innermost loop around it."""
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.For):
                yield from self._of_loop(child)
                for part in (*child.body, *child.orelse, child.iter):
                    yield from self._bound(
                        ast.Module([part], []) if isinstance(part, ast.stmt) else part,
                        (child.lineno, child.end_lineno or 0),
                    )
            elif isinstance(child, ast.While):
                yield from self._bound(child, (child.lineno, child.end_lineno or 0))
            elif isinstance(child, _COMPREHENSIONS):
                span = (child.lineno, child.end_lineno or 0, 1.0)
                yield from ((name, span) for one in child.generators for name in _names(one.target))
            elif isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
                yield child.id, (child.lineno, self._end, 1.0)
                if loop[0] > self._node.lineno:
                    yield child.id, (loop[0], child.lineno, _EARLIER_IN_LOOP)
            else:
                yield from self._bound(child, loop)

    def _of_loop(self, node: ast.For) -> Iterator[tuple[str, Span]]:
        last = node.body[-1].end_lineno or 0
        for name in _names(node.target):
            yield name, (node.body[0].lineno, last, 1.0)
            yield name, (last + 1, self._end, _AFTER_LOOP)


def _names(target: ast.expr) -> Iterator[str]:
    yield from (one.id for one in ast.walk(target) if isinstance(one, ast.Name))
