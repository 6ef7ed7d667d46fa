"""A misplaced statement: one earlier or later, or into or out of the preceding block."""

import ast
from collections.abc import Iterator, Sequence
from itertools import pairwise

from grace_workers.coding.engines.repair.proposal import EditOperator, Proposal
from grace_workers.coding.engines.repair.subject import SubjectFunction
from grace_workers.coding.patch import Edit


def _propose(subject: SubjectFunction) -> Iterator[Proposal]:
    for block in subject.blocks():
        for first, second in pairwise(block):
            suspicion = max(subject.suspicion(first), subject.suspicion(second))
            if suspicion <= 0 or not (subject.alone(first) and subject.alone(second)):
                continue
            if not _is_docstring(first):
                yield Proposal(_swapped(subject, first, second), suspicion, 1.0, "swap")
            inner = _last_block(first)
            if inner and inner[0].col_offset > second.col_offset:
                yield Proposal(_into(subject, second, inner[0].col_offset - second.col_offset), suspicion, 0.8, "in")
        yield from _out(subject, block)


def _swapped(subject: SubjectFunction, first: ast.stmt, second: ast.stmt) -> tuple[Edit, ...]:
    def over(node: ast.stmt, other: ast.stmt) -> Edit:
        return Edit(node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0, subject.text(other))

    return over(first, second), over(second, first)


def _into(subject: SubjectFunction, node: ast.stmt, step: int) -> tuple[Edit, ...]:
    rows = range(node.lineno, (node.end_lineno or 0) + 1)
    return tuple(Edit(row, 0, row, 0, " " * step) for row in rows if subject.rows[row - 1].strip())


def _out(subject: SubjectFunction, block: Sequence[ast.stmt]) -> Iterator[Proposal]:
    """Yield the last statement of a block dedented to follow it."""
    node, above = block[-1], subject.parents.get(block[-1])
    if (
        len(block) == 1
        or not isinstance(above, ast.For | ast.While | ast.If | ast.With)
        or above.end_lineno != node.end_lineno
    ):
        return
    step = node.col_offset - above.col_offset
    rows = range(node.lineno, (node.end_lineno or 0) + 1)
    if subject.suspicion(node) > 0 and all(not subject.rows[row - 1][:step].strip() for row in rows):
        edits = tuple(Edit(row, 0, row, step, "") for row in rows if subject.rows[row - 1].strip())
        yield Proposal(edits, subject.suspicion(node), 0.8, "out")


def _last_block(node: ast.stmt) -> Sequence[ast.stmt]:
    if isinstance(node, ast.For | ast.While | ast.With):
        return node.body
    if isinstance(node, ast.If):
        return node.orelse or node.body
    return ()


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


DEFINITION = EditOperator(
    name="movement",
    about="a statement in the wrong place",
    example=("def f(a):\n    a.x()\n    a.y()\n", "def f(a):\n    a.y()\n    a.x()\n"),
    propose=_propose,
)
