"""Another arithmetic operator: `-` for `+`, `//` for `/`, `|=` for `&=`."""

import ast
from collections.abc import Iterator

from grace_workers.coding.engines.repair.proposal import EditOperator, Proposal
from grace_workers.coding.engines.repair.subject import SubjectFunction

_WRITTEN: dict[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.LShift: "<<", ast.RShift: ">>",
}  # fmt: skip
_FAMILIES = (("+", "-", "*", "/", "//", "%", "**"), ("&", "|", "^", "-"), ("<<", ">>"))
_NEAR = (
    {"+", "-"},
    {"*", "/"},
    {"/", "//"},
    {"//", "%"},
    {"&", "|"},
    {"&", "^"},
    {"|", "^"},
    {"<<", ">>"},
    {"*", "**"},
)


def _others(old: str) -> Iterator[tuple[str, float]]:
    for new in dict.fromkeys(one for family in _FAMILIES if old in family for one in family if one != old):
        yield new, 1.0 if {old, new} in _NEAR else 0.3


def _propose(subject: SubjectFunction) -> Iterator[Proposal]:
    for node in subject.nodes(ast.BinOp):
        yield from _swapped(subject, node, (node.left, node.right), "")
    for assigned in subject.nodes(ast.AugAssign):
        yield from _swapped(subject, assigned, (assigned.target, assigned.value), "=")


def _swapped(
    subject: SubjectFunction, node: ast.BinOp | ast.AugAssign, sides: tuple[ast.expr, ast.expr], ending: str
) -> Iterator[Proposal]:
    old = _WRITTEN.get(type(node.op), "")
    for new, factor in _others(old):
        edit = subject.between(*sides, old + ending, new + ending)
        if edit is not None:
            yield Proposal((edit,), subject.suspicion(node), factor, f"{old} {new}")


DEFINITION = EditOperator(
    name="arithmetic",
    about="another arithmetic operator",
    example=("def f(a, b):\n    return a + b\n", "def f(a, b):\n    return a - b\n"),
    propose=_propose,
)
