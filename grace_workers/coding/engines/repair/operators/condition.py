"""A stronger, weaker or other condition, made of the function's own tests and names."""

import ast
from collections.abc import Iterator

from grace_workers.coding.engines.repair.proposal import EditOperator, Proposal
from grace_workers.coding.engines.repair.subject import SubjectFunction


def _propose(subject: SubjectFunction) -> Iterator[Proposal]:
    for test in subject.tests():
        old, suspicion = subject.text(test), subject.suspicion(test)
        for name in _reached_into(test):
            for careful in (f"{name} is None or {old}", f"{name} is not None and {old}", f"{name} and {old}"):
                yield Proposal((subject.replace(test, careful),), suspicion, 1.0, careful)
        constant = isinstance(test, ast.Constant)
        for condition, factor in _conditions(subject):
            if condition == old:
                continue
            yield Proposal((subject.replace(test, condition),), suspicion, factor * 0.6, condition)
            if not constant:
                left = f"({old})" if isinstance(test, ast.BoolOp | ast.IfExp) else old
                for word in ("and", "or"):
                    both = f"{left} {word} {condition}"
                    yield Proposal((subject.replace(test, both),), suspicion, factor, f"{word} {condition}")
                    yield Proposal((subject.replace(test, f"{condition} {word} {left}"),), suspicion,
                                   factor * 0.4, f"{condition} {word}")  # fmt: skip


def _conditions(subject: SubjectFunction) -> Iterator[tuple[str, float]]:
    for one in subject.conditions:
        yield (one if not _joins(one) else f"({one})"), 1.0
    for name in subject.names:
        yield name, 0.5
        yield f"not {name}", 0.4
        yield f"{name} is not None", 0.3
        yield f"{name} is None", 0.15
        yield f"{name} > 0", 0.2
    for one in subject.names:
        for other in subject.names:
            if one != other:
                yield f"{one} != {other}", 0.15
                yield f"{one} not in {other}", 0.1
                yield f"{one} < {other}", 0.15


def _reached_into(test: ast.expr) -> Iterator[str]:
    """Yield the names whose attributes or elements a condition reads, because it raises when they are `None`."""
    kinds = ast.Attribute | ast.Subscript
    reached = [node.value for node in ast.walk(test) if isinstance(node, kinds)]
    yield from dict.fromkeys(one.id for one in reached if isinstance(one, ast.Name))


def _joins(text: str) -> bool:
    return isinstance(ast.parse(text, mode="eval").body, ast.BoolOp)


DEFINITION = EditOperator(
    name="condition",
    about="a stronger, weaker or other condition",
    example=("def f(a, b):\n    if a:\n        return b\n", "def f(a, b):\n    if a and b:\n        return b\n"),
    propose=_propose,
)
