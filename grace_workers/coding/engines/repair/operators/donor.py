"""Another expression of the same function instead of this one."""

import ast
from collections.abc import Iterator

from grace_workers.coding.engines.repair.proposal import EditOperator, Proposal
from grace_workers.coding.engines.repair.subject import SubjectFunction


def _propose(subject: SubjectFunction) -> Iterator[Proposal]:
    for node in subject.nodes(ast.expr):
        if isinstance(node, ast.Slice | ast.Starred) or not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            continue
        old = subject.text(node)
        for donor in subject.expressions:
            if donor != old and not (donor.isidentifier() and subject.is_function(donor)):
                yield Proposal((subject.replace(node, donor),), subject.suspicion(node), _fits(old, donor), donor)


def _fits(old: str, donor: str) -> float:
    """Expressions of similar length and with shared text replace each other more often."""
    longest = max(len(old), len(donor))
    return 0.3 + 0.7 * min(len(old), len(donor)) / longest * (1.0 if old[:2] == donor[:2] else 0.6)


DEFINITION = EditOperator(
    name="donor",
    about="another expression of the same function",
    example=("def f(a, b):\n    g(a.x)\n    return b\n", "def f(a, b):\n    g(a.x)\n    return a.x\n"),
    propose=_propose,
)
