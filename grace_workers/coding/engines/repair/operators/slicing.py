"""Other bounds of a slice."""

import ast
from collections.abc import Iterator

from grace_workers.coding.engines.repair.proposal import EditOperator, Proposal
from grace_workers.coding.engines.repair.subject import SubjectFunction


def _propose(subject: SubjectFunction) -> Iterator[Proposal]:
    for node in subject.nodes(ast.Slice):
        old = subject.text(node)
        lower = subject.text(node.lower) if node.lower else ""
        upper = subject.text(node.upper) if node.upper else ""
        step = f":{subject.text(node.step)}" if node.step else ""
        numbers = ("", "1", "-1", "2", *subject.names)
        made = [*((one, upper) for one in numbers), *((lower, one) for one in numbers), (upper, lower)]
        for new in dict.fromkeys(f"{low}:{high}{step}" for low, high in made):
            if new != old:
                yield Proposal((subject.replace(node, new, atom=True),), subject.suspicion(node), 1.0, new)
    yield from _missing(subject)


def _missing(subject: SubjectFunction) -> Iterator[Proposal]:
    """Yield a slice in the place of the whole or of one element."""
    for one in subject.nodes(ast.Subscript):
        if isinstance(one.ctx, ast.Load) and not isinstance(one.slice, ast.Slice | ast.Tuple):
            index = subject.text(one.slice)
            for new in (f":{index}", f"{index}:"):
                yield Proposal((subject.replace(one.slice, new, atom=True),), subject.suspicion(one), 0.3, "slice")
    for node in subject.nodes(ast.Name):
        if isinstance(node.ctx, ast.Load) and not subject.is_function(node.id):
            for name in subject.names:
                for new in (f"{node.id}[{name}:]", f"{node.id}[:{name}]", f"{node.id}[{name}]"):
                    yield Proposal((subject.replace(node, new),), subject.suspicion(node), 0.1, "bound")


DEFINITION = EditOperator(
    name="slicing",
    about="other bounds of a slice",
    example=("def f(a):\n    return a[1:]\n", "def f(a):\n    return a[2:]\n"),
    propose=_propose,
)
