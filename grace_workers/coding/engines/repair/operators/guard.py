"""A missing guard: leave early, or skip a statement, if something is empty, missing or out of range."""

import ast
from collections.abc import Iterator

from grace_workers.coding.engines.repair.proposal import EditOperator, Proposal
from grace_workers.coding.engines.repair.subject import SubjectFunction

_LEAST = 0.12
"""Below this score, a guard is one of thousands that no one would write."""


def _propose(subject: SubjectFunction) -> Iterator[Proposal]:
    tests = list(dict.fromkeys(_tests(subject)))
    leaves = list(dict.fromkeys(_leaves(subject)))
    for node in subject.statements():
        if not subject.alone(node):
            continue
        suspicion = subject.suspicion(node)
        inside = _in_loop(subject, node)
        for test, factor in tests:
            for leave, likely in [*leaves, *((word, 0.6) for word in ("continue", "break") if inside)]:
                if factor * likely < _LEAST:
                    continue
                edit = subject.before(node, f"if {test}:\n    {leave}")
                yield Proposal((edit,), suspicion, factor * likely, f"{test}: {leave}")
            if not isinstance(node, ast.FunctionDef | ast.Return | ast.If) and "\n" not in subject.text(node):
                yield Proposal((subject.replace(node, f"if {test}:\n{subject.indent(node)}    {subject.text(node)}"),),
                               suspicion, factor * 0.8, f"if {test}")  # fmt: skip


def _tests(subject: SubjectFunction) -> Iterator[tuple[str, float]]:
    for name in subject.names:
        yield f"not {name}", 1.0
        yield f"{name} is None", 0.8
        yield f"{name} < 0", 0.3
        yield f"{name} <= 0", 0.2
        yield name, 0.4
        yield f"{name} is not None", 0.3
    for one in subject.conditions:
        yield one, 0.6
        yield f"not ({one})", 0.4
    for one in subject.names[:8]:
        for other in subject.names[:8]:
            if one != other:
                yield f"{one} in {other}", 0.15
                yield f"{one} not in {other}", 0.15
                yield f"{one} > {other}", 0.15


def _leaves(subject: SubjectFunction) -> Iterator[tuple[str, float]]:
    for node in ast.walk(subject.node):
        if isinstance(node, ast.Return) and "\n" not in subject.text(node):
            yield subject.text(node), 1.0
        if isinstance(node, ast.Raise) and "\n" not in subject.text(node):
            yield subject.text(node), 0.5
    yield from ((f"return {value}", 0.25) for value in ("None", "[]", "False", "True", "0", "''", *subject.names[:6]))


def _in_loop(subject: SubjectFunction, node: ast.stmt) -> bool:
    above: ast.AST | None = subject.parents.get(node)
    while above is not None and not isinstance(above, ast.FunctionDef | ast.AsyncFunctionDef):
        if isinstance(above, ast.For | ast.While):
            return True
        above = subject.parents.get(above)
    return False


DEFINITION = EditOperator(
    name="guard",
    about="a missing guard",
    example=(
        "def f(a):\n    b = a[0]\n    return b\n",
        "def f(a):\n    if not a:\n        return None\n    b = a[0]\n    return b\n",
    ),
    propose=_propose,
)
