"""A missing statement: one like those of the function, or a common one over its names."""

import ast
from collections.abc import Iterator

from grace_workers.coding.engines.repair.proposal import EditOperator, Proposal
from grace_workers.coding.engines.repair.subject import SubjectFunction

_SIMPLE = (ast.Assign, ast.AugAssign, ast.Expr, ast.Return, ast.Break, ast.Continue)

_METHODS = {"append": "list", "extend": "list", "popleft": "list", "add": "set", "discard": "set"}
_MADE_BY = {"set": "set", "list": "list", "deque": "list", "sorted": "list", "len": "number", "int": "number"}


def _propose(subject: SubjectFunction) -> Iterator[Proposal]:
    donors = list(dict.fromkeys(_donors(subject)))
    blocks = {id(block[-1]) for block in subject.blocks()}
    for node in subject.statements():
        if not subject.alone(node):
            continue
        for text, factor in donors:
            if text != subject.text(node):
                edit = subject.before(node, text)
                yield Proposal((edit,), subject.suspicion(node), factor, text)
                if id(node) in blocks and not isinstance(node, ast.Return | ast.Raise | ast.Break | ast.Continue):
                    yield Proposal((subject.after(node, text),), subject.suspicion(node), factor, text)


def _donors(subject: SubjectFunction) -> Iterator[tuple[str, float]]:
    for node in ast.walk(subject.node):
        if isinstance(node, _SIMPLE) and "\n" not in subject.text(node) and not _is_docstring(node):
            yield subject.text(node), 0.7
    names, kinds = subject.names, dict(_kinds(subject))
    for name in names:
        kind = kinds.get(name)
        yield from ((f"{name} {step} 1", 0.5 if kind == "number" else 0.1) for step in ("+=", "-="))
        yield f"return {name}", 0.3
        for other in names:
            if name != other:
                yield f"{name}.append({other})", 0.8 if kind == "list" else 0.1
                yield f"{name}.add({other})", 0.8 if kind == "set" else 0.1
                yield f"{name} = {other}", 0.4
                yield f"{name} += {other}", 0.4 if kind in {"number", "list", "text"} else 0.1
    for one in _sized(subject):
        yield from ((f"{method}({name})", 0.3) for method in (f"{one}.append", f"{one}.add") for name in names)
    yield from ((text, 0.3) for text in ("break", "continue"))


def _kinds(subject: SubjectFunction) -> Iterator[tuple[str, str]]:
    """Yield the kind of value a name holds, by what is assigned to it or called on it."""
    for node in (node for function in (*subject.around[::-1], subject.node) for node in ast.walk(function)):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            kind = _kind_of(node.value)
            if kind:
                yield node.targets[0].id, kind
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr in _METHODS:
            yield node.value.id, _METHODS[node.attr]


def _kind_of(value: ast.expr) -> str:
    if isinstance(value, ast.Constant):
        return {int: "number", float: "number", str: "text"}.get(type(value.value), "")
    if isinstance(value, ast.Call):
        return _MADE_BY.get(ast.unparse(value.func).rpartition(".")[2], "")
    return "list" if isinstance(value, ast.List | ast.ListComp) else "set" if isinstance(value, ast.Set) else ""


def _sized(subject: SubjectFunction) -> Iterator[str]:
    """Yield the attributes that are appended or added to, such as `self.items`."""
    for node in ast.walk(subject.node):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
            yield subject.text(node)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


DEFINITION = EditOperator(
    name="insertion",
    about="a missing statement",
    example=("def f(a, b):\n    b.x()\n    return b\n", "def f(a, b):\n    b.x()\n    b.append(a)\n    return b\n"),
    propose=_propose,
)
