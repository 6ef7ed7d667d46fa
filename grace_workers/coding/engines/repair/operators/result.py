"""What is returned: a missing `return`, a discarded value, `yield` for `return`, a further part of the result."""

import ast
from collections.abc import Iterator

from grace_workers.coding.engines.repair.proposal import EditOperator, Proposal
from grace_workers.coding.engines.repair.subject import SubjectFunction


def _propose(subject: SubjectFunction) -> Iterator[Proposal]:
    for node in subject.nodes(ast.Expr):
        if isinstance(node.value, ast.Constant):
            continue
        text = subject.text(node)
        yield Proposal((subject.replace(node, f"return {text}"),), subject.suspicion(node), 0.6, "return")
        if isinstance(node.value, ast.Call):
            for name in subject.names:
                yield Proposal((subject.replace(node, f"{name} = {text}"),), subject.suspicion(node), 0.4, "keep")
        if isinstance(node.value, ast.Yield) and node.value.value is not None:
            inner = subject.text(node.value.value)
            yield Proposal((subject.replace(node, f"yield from {inner}"),), subject.suspicion(node), 1.0, "from")
        if isinstance(node.value, ast.YieldFrom):
            inner = subject.text(node.value.value)
            yield Proposal((subject.replace(node, f"yield {inner}"),), subject.suspicion(node), 1.0, "one")
    for one in subject.nodes(ast.Return):
        if one.value is not None:
            yield from _other_values(subject, one, subject.text(one.value))


def _other_values(subject: SubjectFunction, node: ast.Return, text: str) -> Iterator[Proposal]:
    suspicion = subject.suspicion(node)
    for name in subject.names:
        if name != text:
            yield Proposal((subject.replace(node, f"return {name}"),), suspicion, 0.5, name)
            for made in (
                f"{text} + {name}",
                f"{text} - {name}",
                f"{name} + {text}",
                f"{text} or {name}",
                f"{text} and {name}",
            ):
                yield Proposal((subject.replace(node, f"return {made}"),), suspicion, 0.15, made)
    if text in {"True", "False"}:
        tests = [*(f"not {name}" for name in subject.names), *(f"{name} == 0" for name in subject.names)]
        for test in (*tests, *subject.conditions):
            yield Proposal((subject.replace(node, f"return {test}"),), suspicion, 0.4, test)
    for new, factor in (("True", 0.3), ("False", 0.3), ("None", 0.2), (f"not {text}", 0.5)):
        if new != text:
            yield Proposal((subject.replace(node, f"return {new}"),), suspicion, factor, new)


DEFINITION = EditOperator(
    name="result",
    about="another result, or a result that is thrown away",
    example=("def f(a):\n    g(a)\n", "def f(a):\n    return g(a)\n"),
    propose=_propose,
)
