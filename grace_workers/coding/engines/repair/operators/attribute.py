"""Another attribute or method of the same object, or another built-in function."""

import ast
from collections.abc import Iterator

from grace_workers.coding.engines.repair.proposal import EditOperator, Proposal
from grace_workers.coding.engines.repair.subject import SubjectFunction
from grace_workers.coding.patch import Edit

_TWINS = (
    ("min", "max"), ("any", "all"), ("len", "sum"), ("list", "tuple", "set"), ("int", "float", "round", "str"),
    ("sorted", "reversed", "list"), ("append", "extend", "add", "insert"), ("update", "add"), ("pop", "popleft"),
    ("appendleft", "append"), ("startswith", "endswith"), ("lower", "upper", "title", "capitalize", "swapcase"),
    ("islower", "isupper"), ("isalpha", "isalnum", "isdigit", "isnumeric", "isdecimal"), ("strip", "lstrip", "rstrip"),
    ("find", "rfind", "index"), ("split", "rsplit"), ("ljust", "rjust"), ("keys", "values", "items"),
    ("discard", "remove"), ("union", "intersection", "difference"), ("get", "pop", "setdefault"), ("first", "last"),
    ("floor", "ceil", "trunc"), ("isinstance", "issubclass"), ("partition", "rpartition"),
    ("search", "match", "fullmatch"),
    ("heappush", "heappop"), ("bisect_left", "bisect_right"),
    ("removeprefix", "removesuffix"), ("join", "split"),
)  # fmt: skip


def _twins(name: str) -> list[str]:
    return list(dict.fromkeys(other for family in _TWINS if name in family for other in family if other != name))


def _propose(subject: SubjectFunction) -> Iterator[Proposal]:
    for node in subject.nodes(ast.Attribute):
        if not isinstance(node.ctx, ast.Load):
            continue
        last, end = node.end_lineno or 0, node.end_col_offset or 0
        twins = _twins(node.attr)
        for name in dict.fromkeys([*twins, *_beside(subject, node)]):
            edit = Edit(last, end - len(node.attr.encode()), last, end, name)
            yield Proposal((edit,), subject.suspicion(node), 1.0 if name in twins else 0.4, name)
    for one in subject.nodes(ast.Name):
        if isinstance(one.ctx, ast.Load) and one.id not in subject.names:
            for name in _twins(one.id):
                yield Proposal((subject.replace(one, name),), subject.suspicion(one), 1.0, name)


def _beside(subject: SubjectFunction, node: ast.Attribute) -> Iterator[str]:
    """Yield the attributes that the file reads elsewhere, similar names first, at most twelve."""
    others = [name for name in subject.attributes if name != node.attr]
    yield from sorted(others, key=lambda name: -_shared(name, node.attr))[:12]


def _shared(one: str, other: str) -> int:
    return len(set(one.split("_")) & set(other.split("_"))) * 3 + (one[:3] == other[:3]) + (one[-3:] == other[-3:])


DEFINITION = EditOperator(
    name="attribute",
    about="another attribute, method or built-in function",
    example=("def f(a):\n    return a.lower()\n", "def f(a):\n    return a.upper()\n"),
    propose=_propose,
)
