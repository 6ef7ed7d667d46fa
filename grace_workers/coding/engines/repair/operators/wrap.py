"""Something around an expression: `abs`, `sorted`, `str`, a list, a copy, an index."""

import ast
from collections.abc import Iterator

from grace_workers.coding.engines.repair.proposal import EditOperator, Proposal
from grace_workers.coding.engines.repair.subject import SubjectFunction

_AROUND = (
    ("abs({})", 1.0), ("len({})", 1.0), ("sorted({})", 0.8), ("list({})", 0.7), ("set({})", 0.6), ("str({})", 0.7),
    ("int({})", 0.7), ("float({})", 0.4), ("tuple({})", 0.4), ("sum({})", 0.3), ("max(0, {})", 0.5), ("-{}", 0.5),
    ("[{}]", 0.7), ("({},)", 0.2), ("{}[0]", 0.5), ("{}[-1]", 0.4), ("{}[1:]", 0.7), ("{}[:-1]", 0.7),
    ("{}[::-1]", 0.5),
    ("{}.copy()", 0.4), ("{}.lower()", 0.6), ("{}.upper()", 0.3), ("{}.strip()", 0.6), ("round({})", 0.3),
    ("{} ** 2", 0.2), ("{} * 2", 0.2), ("{} // 2", 0.2), ("{} or 0", 0.2), ("bool({})", 0.1), ("reversed({})", 0.3),
    ("{}()", 0.3), ("{}.values()", 0.3), ("{}.items()", 0.4), ("{}.keys()", 0.2), ("enumerate({})", 0.2),
    ("''.join({})", 0.3), ("not {}", 0.2), ("{} % 2", 0.2), ("list(reversed({}))", 0.2), ("range({})", 0.2),
)  # fmt: skip
_KINDS = (ast.Name, ast.Call, ast.Attribute, ast.Subscript, ast.BinOp, ast.ListComp, ast.GeneratorExp)


def _propose(subject: SubjectFunction) -> Iterator[Proposal]:
    for node in subject.nodes(*_KINDS):
        parent = subject.parents.get(node)
        if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load) or isinstance(parent, ast.Expr):
            continue
        if isinstance(parent, ast.Call) and parent.func is node:
            continue
        text = subject.text(node)
        inner = text if isinstance(node, ast.Name | ast.Call | ast.Attribute | ast.Subscript) else f"({text})"
        for around, factor in _AROUND:
            whole = around.format(text if around.endswith(")") and "({})" in around else inner)
            yield Proposal((subject.replace(node, whole),), subject.suspicion(node), factor, around)


DEFINITION = EditOperator(
    name="wrap",
    about="something around an expression",
    example=("def f(a):\n    return a\n", "def f(a):\n    return abs(a)\n"),
    propose=_propose,
)
