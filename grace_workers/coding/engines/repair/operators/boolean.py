"""Other logic: `or` for `and`, one operand fewer, a negated condition."""

import ast
from collections.abc import Iterator

from grace_workers.coding.engines.repair.proposal import EditOperator, Proposal
from grace_workers.coding.engines.repair.subject import SubjectFunction


def _propose(subject: SubjectFunction) -> Iterator[Proposal]:
    for node in subject.nodes(ast.BoolOp):
        yield from _operands(subject, node)
    for test in subject.tests():
        suspicion = subject.suspicion(test)
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            yield Proposal((subject.replace(test, subject.text(test.operand)),), suspicion, 1.0, "un-not")
        elif not isinstance(test, ast.Constant):
            whole = subject.text(test)
            text = f"not {whole}" if isinstance(test, ast.Name | ast.Call | ast.Attribute) else f"not ({whole})"
            # To negate a single comparison, people usually write another comparison.
            factor = 0.1 if isinstance(test, ast.Compare) else 0.6
            yield Proposal((subject.replace(test, text),), suspicion, factor, "not")
    for one in subject.nodes(ast.UnaryOp):
        if isinstance(one.op, ast.Not) and not isinstance(subject.parents.get(one), ast.If | ast.While | ast.IfExp):
            yield Proposal((subject.replace(one, subject.text(one.operand)),), subject.suspicion(one), 0.8, "un-not")


def _operands(subject: SubjectFunction, node: ast.BoolOp) -> Iterator[Proposal]:
    old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
    suspicion = subject.suspicion(node)
    edits = [subject.between(a, b, old, new) for a, b in zip(node.values, node.values[1:], strict=False)]
    found = tuple(edit for edit in edits if edit is not None)
    if len(found) == len(edits):
        yield Proposal(found, suspicion, 1.0, f"{old} {new}")
    texts = [subject.text(value) for value in node.values]
    for number, value in enumerate(node.values):
        rest = f" {old} ".join(texts[:number] + texts[number + 1 :])
        yield Proposal((subject.replace(node, rest),), suspicion, 0.5, f"drop {number}")
        turned = texts[number][4:] if texts[number].startswith("not ") else f"not ({texts[number]})"
        yield Proposal((subject.replace(value, turned, atom=True),), suspicion, 0.4, "not")


DEFINITION = EditOperator(
    name="boolean",
    about="other logic",
    example=("def f(a, b):\n    return a and b\n", "def f(a, b):\n    return a or b\n"),
    propose=_propose,
)
