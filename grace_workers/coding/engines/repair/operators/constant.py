"""Another constant: one more or less, the other truth value, another text of the same function."""

import ast
from collections.abc import Iterator

from grace_workers.coding.engines.repair.proposal import EditOperator, Proposal
from grace_workers.coding.engines.repair.subject import SubjectFunction

_LONG = 40
_EMPTY = ("[]", "{}", "set()", "()", "''", "0", "None")


def _propose(subject: SubjectFunction) -> Iterator[Proposal]:
    texts = sorted({node.value for node in ast.walk(subject.node) if _is_text(node)})  # type: ignore[attr-defined]
    for node in subject.nodes(ast.Constant, ast.List, ast.Dict, ast.Tuple, ast.UnaryOp):
        for new, factor in (*_others(node, texts), *_filled(subject, node)):
            if new != subject.text(node):
                yield Proposal((subject.replace(node, new, atom=True),), subject.suspicion(node), factor, new)


def _others(node: ast.expr, texts: list[str]) -> Iterator[tuple[str, float]]:
    if isinstance(node, ast.UnaryOp):
        if isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
            yield ast.unparse(node.operand), 0.8
        return
    if not isinstance(node, ast.Constant):
        yield from _containers(node)
        return
    value = node.value
    if isinstance(value, bool):
        yield str(not value), 1.0
        yield "None", 0.2
    elif value is None:
        yield from ((new, 0.3) for new in ("0", "[]", "False", "True", "''"))
    elif isinstance(value, int):
        yield from _numbers(value)
    elif isinstance(value, float):
        yield from ((repr(new), 0.4) for new in (-value, value + 1, value - 1, value * 2, value / 2, value * 10))
    elif isinstance(value, str):
        yield from ((repr(other), 0.5) for other in texts if other != value)
        yield from ((repr(new), 0.4) for new in ("", " ", value.strip(), value + " ", value.lower(), value.upper()))


def _numbers(value: int) -> Iterator[tuple[str, float]]:
    near = (
        (value + 1, 1.0),
        (value - 1, 1.0),
        (0, 0.6),
        (1, 0.6),
        (-value, 0.4),
        (2, 0.3),
        (-1, 0.3),
        (value * 2, 0.2),
    )
    seen = {value}
    for new, factor in near:
        if new not in seen:
            seen.add(new)
            yield str(new), factor
    yield "None", 0.1
    yield "float('inf')", 0.1


def _containers(node: ast.expr) -> Iterator[tuple[str, float]]:
    if isinstance(node, ast.List | ast.Tuple | ast.Dict) and not ast.unparse(node).strip("[](){}"):
        yield from ((new, 0.3) for new in _EMPTY)
        if isinstance(node, ast.List):
            yield from (("[[]]", 1.0), ("[0]", 0.4), ("['']", 0.3))
    elif isinstance(node, ast.List) and len(node.elts) == 1:
        yield "[]", 0.5


def _filled(subject: SubjectFunction, node: ast.expr) -> Iterator[tuple[str, float]]:
    """Yield an empty list with one of the names in it."""
    if isinstance(node, ast.List) and not node.elts:
        yield from ((f"[{name}]", 0.5) for name in subject.names)


def _is_text(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and len(node.value) < _LONG
        and "\n" not in node.value
    )


DEFINITION = EditOperator(
    name="constant",
    about="another constant",
    example=("def f(a):\n    return a[0]\n", "def f(a):\n    return a[1]\n"),
    propose=_propose,
)
