"""Another exception, a wider one, or a lookup that does not raise."""

import ast
from collections.abc import Iterator

from grace_workers.coding.engines.repair.proposal import EditOperator, Proposal
from grace_workers.coding.engines.repair.subject import SubjectFunction

_KINDS = (
    "ValueError",
    "TypeError",
    "KeyError",
    "IndexError",
    "AttributeError",
    "LookupError",
    "OSError",
    "StopIteration",
    "ZeroDivisionError",
)


def _propose(subject: SubjectFunction) -> Iterator[Proposal]:
    for node in subject.nodes(ast.ExceptHandler):
        if node.type is not None:
            old = subject.text(node.type)
            for kind in _KINDS:
                if kind not in old:
                    yield Proposal((subject.replace(node.type, kind, atom=True),), subject.suspicion(node), 0.6, kind)
                    both = f"({old.strip('()')}, {kind})"
                    yield Proposal(
                        (subject.replace(node.type, both, atom=True),), subject.suspicion(node), 1.0, f"+ {kind}"
                    )
    yield from _raised(subject)
    yield from _looked_up(subject)


def _raised(subject: SubjectFunction) -> Iterator[Proposal]:
    for node in subject.nodes(ast.Raise):
        if isinstance(node.exc, ast.Call) and isinstance(node.exc.func, ast.Name):
            for kind in _KINDS:
                if kind != node.exc.func.id:
                    yield Proposal((subject.replace(node.exc.func, kind),), subject.suspicion(node), 0.5, kind)


def _looked_up(subject: SubjectFunction) -> Iterator[Proposal]:
    for node in subject.nodes(ast.Subscript):
        if isinstance(node.ctx, ast.Load) and not isinstance(node.slice, ast.Slice | ast.Tuple):
            value, key = subject.text(node.value), subject.text(node.slice)
            for default in ("", ", 0", ", []", ", ''", ", False", *(f", {name}" for name in subject.names)):
                made = f"{value}.get({key}{default})"
                yield Proposal((subject.replace(node, made),), subject.suspicion(node), 0.4, "get")


DEFINITION = EditOperator(
    name="exception",
    about="another exception, or a look-up that does not raise",
    example=("def f(a, k):\n    return a[k]\n", "def f(a, k):\n    return a.get(k)\n"),
    propose=_propose,
)
