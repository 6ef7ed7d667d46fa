"""Another assignment: augmented instead of plain, another target, targets swapped."""

import ast
from collections.abc import Iterator

from grace_workers.coding.engines.repair.proposal import EditOperator, Proposal
from grace_workers.coding.engines.repair.subject import SubjectFunction
from grace_workers.coding.patch import Edit


def _propose(subject: SubjectFunction) -> Iterator[Proposal]:
    for node in subject.nodes(ast.Assign):
        if len(node.targets) == 1:
            yield from _others(subject, node, node.targets[0])
    for one in subject.nodes(ast.AugAssign):
        plain = f"{subject.text(one.target)} = {subject.text(one.value)}"
        yield Proposal((subject.replace(one, plain),), subject.suspicion(one), 1.0, "plain")


def _others(subject: SubjectFunction, node: ast.Assign, target: ast.expr) -> Iterator[Proposal]:
    suspicion, value, text = subject.suspicion(node), subject.text(node.value), subject.text(target)
    for sign in ("+=", "-=", "*=", "|="):
        yield Proposal(
            (subject.replace(node, f"{text} {sign} {value}"),), suspicion, 0.7 if sign == "+=" else 0.3, sign
        )
    for keep in (f"max({text}, {value})", f"min({text}, {value})", f"{value} + {text}", f"{text} + {value}"):
        yield Proposal((subject.replace(node, f"{text} = {keep}"),), suspicion, 0.6, keep)
    for name in (*subject.names, *_indexed(subject)):
        if name != text:
            yield Proposal((_over(target, name),), suspicion, 0.4, name)


def _indexed(subject: SubjectFunction) -> list[str]:
    """Return the elements and attributes that the function reads or writes, as possible targets."""
    kinds = ast.Subscript | ast.Attribute
    found = [subject.text(node) for node in ast.walk(subject.node) if isinstance(node, kinds)]
    names = subject.names
    made = [f"{one}[{index}]" for one in names for index in names if one != index]
    return list(dict.fromkeys([text for text in found if "\n" not in text and "(" not in text] + made[:40]))


def _over(node: ast.expr, text: str) -> Edit:
    return Edit(node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0, text)


DEFINITION = EditOperator(
    name="assignment",
    about="another assignment",
    example=("def f(a, b):\n    a = b\n    return a\n", "def f(a, b):\n    a += b\n    return a\n"),
    propose=_propose,
)
