"""A superfluous statement, or a condition around a block that should always run."""

import ast
from collections.abc import Iterator

from grace_workers.coding.engines.repair.proposal import EditOperator, Proposal
from grace_workers.coding.engines.repair.subject import SubjectFunction
from grace_workers.coding.patch import Edit


def _propose(subject: SubjectFunction) -> Iterator[Proposal]:
    for node in subject.statements():
        if not subject.alone(node) or isinstance(node, ast.Pass):
            continue
        suspicion = subject.suspicion(node)
        yield Proposal((subject.delete(node),), suspicion, 0.5 if hasattr(node, "body") else 1.0, "delete")
        if isinstance(node, ast.If) and not node.orelse and node.body[0].lineno > node.lineno:
            yield Proposal(_bared(subject, node), suspicion, 0.5, "bare")
        if isinstance(node, ast.If) and node.orelse and node.body[-1].end_lineno:
            whole = subject.cut(node.body[-1].end_lineno, node.end_lineno or 0)
            yield Proposal((whole,), suspicion, 0.2, "no else")


def _bared(subject: SubjectFunction, node: ast.If) -> tuple[Edit, ...]:
    """Return the edits that remove the `if` and dedent its block."""
    step = node.body[0].col_offset - node.col_offset
    rows = range(node.body[0].lineno, (node.end_lineno or 0) + 1)
    blank = [row for row in rows if subject.rows[row - 1].strip()]
    outs = tuple(Edit(row, 0, row, step, "") for row in blank if not subject.rows[row - 1][:step].strip())
    return (
        Edit(node.lineno, 0, node.body[0].lineno, step, ""),
        *(edit for edit in outs if edit.first != node.body[0].lineno),
    )


DEFINITION = EditOperator(
    name="deletion",
    about="a statement or a condition too many",
    example=("def f(a):\n    a.x()\n    return a\n", "def f(a):\n    return a\n"),
    propose=_propose,
)
