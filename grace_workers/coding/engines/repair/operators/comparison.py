"""Another comparison: `<` for `<=`, `is` for `is not`."""

import ast
from collections.abc import Iterator

from grace_workers.coding.engines.repair.proposal import EditOperator, Proposal
from grace_workers.coding.engines.repair.subject import SubjectFunction

_WRITTEN: dict[type[ast.cmpop], str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
    ast.In: "in", ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not",
}  # fmt: skip
_ORDER, _MEMBERS, _SAME = ("<", "<=", ">", ">=", "==", "!="), ("in", "not in"), ("is", "is not", "==", "!=")
_TURNED = {("<", ">"), ("<=", ">=")}
_NEAR = {("<", "<="), (">", ">="), ("==", "!="), ("in", "not in"), ("is", "is not")}


def _propose(subject: SubjectFunction) -> Iterator[Proposal]:
    for node in subject.nodes(ast.Compare):
        parts = [node.left, *node.comparators]
        for left, operator, right in zip(parts, node.ops, parts[1:], strict=False):
            old = _WRITTEN[type(operator)]
            others = _MEMBERS if old in _MEMBERS else _SAME if old.startswith("is") else _ORDER
            for new in others:
                edit = subject.between(left, right, old, new) if new != old else None
                if edit is not None:
                    yield Proposal((edit,), subject.suspicion(node), _factor(old, new), f"{old} {new}")


def _factor(old: str, new: str) -> float:
    if (old, new) in _NEAR or (new, old) in _NEAR:
        return 1.0
    return 0.6 if (old, new) in _TURNED or (new, old) in _TURNED else 0.3


DEFINITION = EditOperator(
    name="comparison",
    about="another comparison",
    example=("def f(a, b):\n    return a < b\n", "def f(a, b):\n    return a <= b\n"),
    propose=_propose,
)
