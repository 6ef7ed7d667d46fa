"""Another loop: other bounds, reversed, only a part of it, `break` or `continue`."""

import ast
from collections.abc import Iterator

from grace_workers.coding.engines.repair.proposal import EditOperator, Proposal
from grace_workers.coding.engines.repair.subject import SubjectFunction
from grace_workers.coding.patch import Edit


def _propose(subject: SubjectFunction) -> Iterator[Proposal]:
    for left in subject.nodes(ast.Break, ast.Continue):
        new = "continue" if isinstance(left, ast.Break) else "break"
        yield Proposal((subject.replace(left, new),), subject.suspicion(left), 1.0, new)
    for node in subject.nodes(ast.For):
        old = subject.text(node.iter)
        for around in (
            "{}[1:]",
            "{}[:-1]",
            "reversed({})",
            "enumerate({})",
            "sorted({})",
            "list({})",
            "{}.items()",
            "set({})",
        ):
            made = around.format(old)
            yield Proposal((subject.replace(node.iter, made),), subject.suspicion(node), 0.5, around)
    for call in subject.nodes(ast.Call):
        if ast.unparse(call.func) == "range":
            yield from _bounds(subject, call)
    for head in subject.nodes(ast.If, ast.While):
        old, new = ("if", "while") if isinstance(head, ast.If) else ("while", "if")
        if subject.rows[head.lineno - 1][head.col_offset :].startswith(old.encode()):
            edit = Edit(head.lineno, head.col_offset, head.lineno, head.col_offset + len(old), new)
            yield Proposal((edit,), subject.suspicion(head), 0.8, new)


def _bounds(subject: SubjectFunction, node: ast.Call) -> Iterator[Proposal]:
    texts = [subject.text(one) for one in node.args]
    if not texts:
        return
    low, high = ("0", texts[0]) if len(texts) == 1 else (texts[0], texts[1])
    step = ", ".join(texts[2:])
    lows = (low, "0", "1", "2", f"{low} + 1", f"{low} - 1", *subject.names, *(f"{name} + 1" for name in subject.names))
    highs = (high, f"{high} + 1", f"{high} - 1", *subject.names, *(f"len({name})" for name in subject.names))
    for new_low, new_high in [*((one, high) for one in lows), *((low, one) for one in highs)]:
        if (new_low, new_high) != (low, high):
            words = [new_low, new_high] if new_low != "0" or step else [new_high]
            made = f"range({', '.join([*words, step] if step else words)})"
            yield Proposal((subject.replace(node, made),), subject.suspicion(node), 0.5, made)


DEFINITION = EditOperator(
    name="loop",
    about="other bounds of a loop, or another way through it",
    example=("def f(n):\n    for i in n:\n        break\n", "def f(n):\n    for i in n:\n        continue\n"),
    propose=_propose,
)
