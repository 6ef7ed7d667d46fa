"""A missing term: something of the function added to an expression, subtracted from it, or multiplied with it."""

import ast
from collections.abc import Iterator

from grace_workers.coding.engines.repair.proposal import EditOperator, Proposal
from grace_workers.coding.engines.repair.subject import SubjectFunction

_KINDS = (ast.Name, ast.Subscript, ast.Call, ast.Attribute, ast.BinOp)


def _propose(subject: SubjectFunction) -> Iterator[Proposal]:
    terms = [*subject.names, *(f"len({name})" for name in subject.names)]
    terms += [f"[{name}]" for name in subject.names]
    for node in subject.nodes(*_KINDS):
        if not _is_operand(subject, node):
            continue
        text = subject.text(node)
        for term in terms:
            if term != text:
                for sign, factor in (("+", 1.0), ("-", 0.7), ("*", 0.4)):
                    made = f"{text} {sign} {term}"
                    yield Proposal((subject.replace(node, made),), subject.suspicion(node), factor, f"{sign} {term}")
                yield Proposal((subject.replace(node, f"{term} + {text}"),), subject.suspicion(node), 0.5, f"{term} +")


def _is_operand(subject: SubjectFunction, node: ast.expr) -> bool:
    parent = subject.parents.get(node)
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load) or isinstance(parent, ast.Attribute | ast.Expr):
        return False
    return not (isinstance(parent, ast.Call) and parent.func is node)


DEFINITION = EditOperator(
    name="term",
    about="a missing term",
    example=("def f(a, b):\n    return a\n", "def f(a, b):\n    return a + b\n"),
    propose=_propose,
)
