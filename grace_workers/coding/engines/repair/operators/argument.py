"""Other arguments of a call: two swapped, one fewer, one more, or operands reversed."""

import ast
from collections.abc import Iterator
from itertools import combinations

from grace_workers.coding.engines.repair.proposal import EditOperator, Proposal
from grace_workers.coding.engines.repair.subject import SubjectFunction
from grace_workers.coding.patch import Edit


def _propose(subject: SubjectFunction) -> Iterator[Proposal]:
    for node in subject.nodes(ast.Call, ast.Tuple, ast.List):
        parts = node.args if isinstance(node, ast.Call) else getattr(node, "elts", [])
        suspicion = subject.suspicion(node)
        for one, other in combinations(parts[:5], 2):
            edits = (_over(one, subject.text(other)), _over(other, subject.text(one)))
            if edits[0].text != edits[1].text:
                yield Proposal(edits, suspicion, 1.0 if isinstance(node, ast.Call) else 0.5, "swap")
        if isinstance(node, ast.Call):
            yield from _fewer_or_more(subject, node)
    for node in subject.nodes(ast.BinOp):
        if not isinstance(node.op, ast.Mult | ast.BitAnd | ast.BitOr):
            edits = (_over(node.left, subject.text(node.right)), _over(node.right, subject.text(node.left)))
            yield Proposal(edits, subject.suspicion(node), 0.6, "turn")


def _fewer_or_more(subject: SubjectFunction, node: ast.Call) -> Iterator[Proposal]:
    texts = [subject.text(one) for one in (*node.args, *(word.value for word in node.keywords))]
    keywords = [f"{word.arg}=" if word.arg else "**" for word in node.keywords]
    whole = texts[: len(node.args)] + [
        name + text for name, text in zip(keywords, texts[len(node.args) :], strict=True)
    ]
    func, suspicion = subject.text(node.func), subject.suspicion(node)
    for number in range(len(whole)):
        rest = whole[:number] + whole[number + 1 :]
        yield Proposal((subject.replace(node, f"{func}({', '.join(rest)})"),), suspicion, 0.4, "fewer")
    for name in (*subject.names, "0", "1", "None", "True"):
        for place in range(len(node.args) + 1):
            more = [*whole[:place], name, *whole[place:]]
            yield Proposal((subject.replace(node, f"{func}({', '.join(more)})"),), suspicion, 0.15, "more")


def _over(node: ast.expr, text: str) -> Edit:
    return Edit(node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0, text)


DEFINITION = EditOperator(
    name="argument",
    about="other arguments, or operands reversed",
    example=("def f(a, b):\n    return g(a, b)\n", "def f(a, b):\n    return g(b, a)\n"),
    propose=_propose,
)
