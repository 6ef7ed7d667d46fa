"""Another name that is in scope."""

import ast
from collections.abc import Iterator

from grace_workers.coding.engines.repair.proposal import EditOperator, Proposal
from grace_workers.coding.engines.repair.subject import SubjectFunction


def _propose(subject: SubjectFunction) -> Iterator[Proposal]:
    for node in subject.nodes(ast.Name):
        if not isinstance(node.ctx, ast.Load) or (subject.is_function(node.id) and node.id not in subject.names):
            continue
        for name in subject.names:
            if name != node.id:
                yield Proposal((subject.replace(node, name),), subject.suspicion(node), _alike(node.id, name), name)


def _alike(old: str, new: str) -> float:
    """Similar names are mistaken for each other more often."""
    shared = old[:1] == new[:1] or old[-3:] == new[-3:] or old in new or new in old
    return 1.0 if shared else 0.6


DEFINITION = EditOperator(
    name="variable",
    about="another name that is in scope",
    example=("def f(a, b):\n    return a\n", "def f(a, b):\n    return b\n"),
    propose=_propose,
)
