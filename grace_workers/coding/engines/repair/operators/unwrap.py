"""Less around an expression: an argument without its call, one operand of two, an object without its index."""

import ast
from collections.abc import Iterator

from grace_workers.coding.engines.repair.proposal import EditOperator, Proposal
from grace_workers.coding.engines.repair.subject import SubjectFunction

_KINDS = (ast.Call, ast.BinOp, ast.UnaryOp, ast.Subscript, ast.Attribute, ast.IfExp, ast.List, ast.Starred)


def _propose(subject: SubjectFunction) -> Iterator[Proposal]:
    for node in subject.nodes(*_KINDS):
        if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            continue
        for inner, factor in _inner(node):
            edit = subject.replace(node, subject.text(inner))
            yield Proposal((edit,), subject.suspicion(node), factor, type(node).__name__)


def _inner(node: ast.expr) -> Iterator[tuple[ast.expr, float]]:
    if isinstance(node, ast.Call):
        yield from ((one, 1.0) for one in node.args if not isinstance(one, ast.Starred))
        if isinstance(node.func, ast.Attribute):
            yield node.func.value, 0.8
    elif isinstance(node, ast.BinOp):
        yield node.left, 0.8
        yield node.right, 0.8
    elif isinstance(node, ast.UnaryOp):
        yield node.operand, 0.8
    elif isinstance(node, ast.IfExp):
        yield node.body, 0.5
        yield node.orelse, 0.5
    elif isinstance(node, ast.List) and len(node.elts) == 1:
        yield node.elts[0], 0.5
    elif isinstance(node, ast.Subscript | ast.Attribute | ast.Starred):
        yield node.value, 0.4


DEFINITION = EditOperator(
    name="unwrap",
    about="less around an expression",
    example=("def f(a):\n    return abs(a)\n", "def f(a):\n    return a\n"),
    propose=_propose,
)
