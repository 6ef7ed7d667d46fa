"""A new definition written from a shipped one: its file with another name, other values, and classes of its own."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pprint import pformat

from grace_workers.foundation.document import JsonValue


@dataclass(frozen=True, slots=True)
class _TextChange:
    """A part of the text, by byte, and what it becomes."""

    first: int
    last: int
    text: str


class NotADefinition(Exception):  # noqa: N818
    """What is in the way, as the end of a sentence."""


def written_like(source: str, old: str, new: str, values: Mapping[str, JsonValue]) -> str:
    """Return the file of the definition `old` as that of `new`, with `values` for its keywords.

    Raises:
        NotADefinition: its file is written in another way, or a value does not fit.
    """
    tree, content = ast.parse(source), source.encode()
    starts = _starts(content)
    valued = list(_valued(tree, _call(tree), starts, values))
    renamed = [_replaced(one, f'"{new}"', starts) for one in _namings(tree, old)]
    if not renamed:
        raise NotADefinition(f"its file does not contain its name {old!r}")
    kept = [one for one in renamed if not any(other.first <= one.first < other.last for other in valued)]
    for one in sorted((*kept, *valued), key=lambda change: -change.first):
        content = content[: one.first] + one.text.encode() + content[one.last :]
    text = content.decode()
    for was, name in _classes(tree, old, new):
        text = re.sub(rf"\b{was}\b", name, text)
    return text


def spelled(given: ast.expr, value: JsonValue) -> str:
    """Return a value in the way in which the one that it replaces is written: an enumeration, a span, a call.

    Raises:
        NotADefinition: the other is neither a plain value nor one of these.
    """
    plain = not isinstance(value, list | dict)
    if isinstance(given, ast.Attribute) and plain:
        return f"{ast.unparse(given.value)}({value!r})"
    if isinstance(given, ast.Call) and ast.unparse(given.func) == "timedelta" and isinstance(value, int | float):
        return f"timedelta(seconds={value!r})"
    if isinstance(given, ast.Call) and len(given.args) == 1 and not given.keywords and plain:
        return f"{ast.unparse(given.func)}({value!r})"
    if isinstance(given, ast.Tuple) and isinstance(value, list):
        first = given.elts[0] if given.elts else ast.Constant("")
        return f"({''.join(f'{spelled(first, one)}, ' for one in value)})".replace(", )", ",)")
    try:
        ast.literal_eval(given)
    except ValueError:
        raise NotADefinition(f"{ast.unparse(given)[:80]} is code, which no value can replace") from None
    return _literal(value)


def _call(tree: ast.Module) -> ast.Call:
    """Return the call that makes the definition."""
    for node in reversed(tree.body):
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Call):
            named = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(named, ast.Name) and named.id == "DEFINITION":
                return node.value
    raise NotADefinition("its file does not bind DEFINITION by a call")


def _namings(tree: ast.Module, old: str) -> Sequence[ast.expr]:
    """Return where the file says the definition's name: as itself, or by a constant that it imports."""
    said: list[ast.expr] = [one for one in ast.walk(tree) if isinstance(one, ast.Constant) and one.value == old]
    given = next((one.value for one in _call(tree).keywords if one.arg == "name"), None)
    if said or not isinstance(given, ast.Name):
        return said
    return [one for one in ast.walk(tree) if isinstance(one, ast.Name) and one.id == given.id]


def _valued(
    tree: ast.Module, call: ast.Call, starts: Sequence[int], values: Mapping[str, JsonValue]
) -> Iterator[_TextChange]:
    """Yield the changes that give the definition other values; a name is changed where the module binds it."""
    bound = {one.id: node.value for node in tree.body if isinstance(node, ast.Assign)
             for one in node.targets if isinstance(one, ast.Name)}  # fmt: skip
    for name, value in values.items():
        given = next((one.value for one in call.keywords if one.arg == name), None)
        if isinstance(given, ast.Name):
            given = bound.get(given.id, given)
        if given is None:
            last = max([*call.args, *(one.value for one in call.keywords)], key=lambda one: _span(one, starts)[1])
            at = _span(last, starts)[1]
            yield _TextChange(at, at, f",\n    {name}={_literal(value)}")
        else:
            yield _replaced(given, spelled(given, value), starts)
    if isinstance(values.get("summary"), str) and ast.get_docstring(tree) is not None:
        yield _replaced(tree.body[0], _docstring(str(values["summary"])), starts)


def _classes(tree: ast.Module, old: str, new: str) -> Iterator[tuple[str, str]]:
    """Yield the classes of the file that are named after the definition, with their new names."""
    before, after = (one.title().replace("_", "") for one in (old, new))
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and before in node.name:
            yield node.name, node.name.replace(before, after)


def _literal(value: JsonValue) -> str:
    return pformat(tuple(value) if isinstance(value, list) else value, width=100, sort_dicts=False)


def _docstring(words: str) -> str:
    return '"""' + words.replace("\\", "\\\\").replace('"', "'").strip() + '"""'


def _starts(content: bytes) -> Sequence[int]:
    """Return the byte at which each line begins."""
    found = [0]
    for row in content.split(b"\n"):
        found.append(found[-1] + len(row) + 1)
    return found


def _replaced(node: ast.expr | ast.stmt, text: str, starts: Sequence[int]) -> _TextChange:
    return _TextChange(*_span(node, starts), text)


def _span(node: ast.expr | ast.stmt, starts: Sequence[int]) -> tuple[int, int]:
    """Return the bytes of a node, as the syntax tree counts them."""
    last = node.end_lineno or node.lineno
    return starts[node.lineno - 1] + node.col_offset, starts[last - 1] + (node.end_col_offset or 0)
