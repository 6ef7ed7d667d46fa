"""One more or one less: of a bound, an index, an argument, an operand or a returned value."""

import ast
from collections.abc import Iterator

from grace_workers.coding.engines.repair.proposal import EditOperator, Proposal
from grace_workers.coding.engines.repair.subject import SubjectFunction

_NUMBERS = (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.BinOp)


def _propose(subject: SubjectFunction) -> Iterator[Proposal]:
    for node in subject.nodes(*_NUMBERS):
        place = _place(subject, node)
        if place:
            text = subject.text(node)
            for step in ("+ 1", "- 1"):
                whole = f"{text} {step}"
                yield Proposal((subject.replace(node, whole),), subject.suspicion(node), place, step)
    for node in subject.nodes(ast.BinOp):
        if isinstance(node.op, ast.Add | ast.Sub) and isinstance(node.right, ast.Constant) and node.right.value == 1:
            yield Proposal((subject.replace(node, subject.text(node.left)),), subject.suspicion(node), 1.0, "drop 1")


def _place(subject: SubjectFunction, node: ast.expr) -> float:
    """Return how likely a number at the node is off by one; 0 if it cannot be a number."""
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return 0.0
    parent = subject.parents.get(node)
    if isinstance(parent, ast.Call) and node in parent.args:
        return 1.0 if ast.unparse(parent.func) == "range" else 0.4
    if isinstance(parent, ast.Slice) or (isinstance(parent, ast.Subscript) and parent.slice is node):
        return 0.8
    if isinstance(parent, ast.Compare | ast.Return | ast.BinOp | ast.Assign | ast.AugAssign | ast.Tuple):
        return 0.35
    return 0.0


DEFINITION = EditOperator(
    name="off_by_one",
    about="one more or one less",
    example=("def f(n):\n    return range(n)\n", "def f(n):\n    return range(n + 1)\n"),
    propose=_propose,
)
