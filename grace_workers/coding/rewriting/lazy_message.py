"""A formatted message as a format and its arguments, so that it is formatted only when it is logged."""

import ast
import re
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_CONVERSIONS = {-1: "%s", ord("s"): "%s", ord("r"): "%r", ord("a"): "%a"}
_SAME_IN_BOTH = re.compile(r"[0-9]*(\.[0-9]+)?[dfxXeEg]|0?[0-9]+d")
_PLACES = re.compile(r"%(?:%|(?:\((\w+)\))?[-+# 0-9.]*[a-zA-Z])")


@dataclass(frozen=True, slots=True)
class LazyMessage:
    """A `%` format, and the text of its arguments."""

    format: str
    arguments: tuple[str, ...]

    @property
    def text(self) -> str:
        """The arguments of the call."""
        return ", ".join([quoted(self.format), *self.arguments])


def lazy(node: ast.expr) -> LazyMessage | None:
    """Return the message as format and arguments; None if it is not formatted, or would not read the same."""
    if isinstance(node, ast.JoinedStr):
        return _joined(node)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return _percent(node)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _sum(node)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        return _format(node, node.func.value)
    return None


def quoted(value: str) -> str:
    """Return the text of a string, in double quotes unless it contains some."""
    plain = repr(value)
    return f'"{plain[1:-1]}"' if plain.startswith("'") and '"' not in value else plain


def argument(node: ast.expr) -> str:
    """Return the text of an expression as an argument of a call."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return quoted(node.value)
    text = ast.unparse(node)
    return f"({text})" if isinstance(node, ast.GeneratorExp | ast.NamedExpr) and text[0] != "(" else text


def _joined(node: ast.JoinedStr) -> LazyMessage | None:
    format_, arguments = "", []
    for part in node.values:
        if isinstance(part, ast.Constant):
            format_ += str(part.value).replace("%", "%%")
        elif isinstance(part, ast.FormattedValue):
            place = _place(part)
            if place is None:
                return None
            format_ += place
            arguments.append(argument(part.value))
    return LazyMessage(format_, tuple(arguments)) if arguments else None


def _place(part: ast.FormattedValue) -> str | None:
    if part.format_spec is None:
        return _CONVERSIONS[part.conversion]
    spec = part.format_spec
    if part.conversion != -1 or not isinstance(spec, ast.JoinedStr):
        return None
    if not all(isinstance(one, ast.Constant) for one in spec.values):
        return None
    return _same("".join(str(one.value) for one in spec.values if isinstance(one, ast.Constant)))


def _same(spec: str) -> str | None:
    if not spec:
        return "%s"
    return f"%{spec}" if _SAME_IN_BOTH.fullmatch(spec) else None


def _percent(node: ast.BinOp) -> LazyMessage | None:
    if not (isinstance(node.left, ast.Constant) and isinstance(node.left.value, str)):
        return None
    format_ = node.left.value
    places = [one for one in _PLACES.finditer(format_) if one.group() != "%%"]
    named = any(one.group(1) for one in places)
    if isinstance(node.right, ast.Tuple):
        single = len(node.right.elts) == len(places) and not named
        return LazyMessage(format_, tuple(map(argument, node.right.elts))) if single and places else None
    if isinstance(node.right, ast.Dict):
        return LazyMessage(format_, (argument(node.right),)) if named and node.right.keys else None
    # `%` would unpack a tuple, so only an argument that certainly is none is passed on.
    sure = isinstance(node.right, ast.Constant | ast.JoinedStr | ast.Compare | ast.List) or _is_text(node.right)
    return LazyMessage(format_, (argument(node.right),)) if len(places) == 1 and not named and sure else None


def _is_text(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"str", "repr", "len", "int"}
    )


def _sum(node: ast.BinOp) -> LazyMessage | None:
    parts = list(_added(node))
    if not any(_string(one) is not None for one in parts):
        return None
    format_, arguments = "", []
    for part in parts:
        text = _string(part)
        if text is not None:
            format_ += text.replace("%", "%%")
            continue
        conversion, value = _converted(part)
        format_ += conversion
        arguments.append(argument(value))
    return LazyMessage(format_, tuple(arguments)) if arguments else None


def _added(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        yield from _added(node.left)
        yield node.right
    else:
        yield node


def _string(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _converted(node: ast.expr) -> tuple[str, ast.expr]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1 and not node.keywords:
        kinds = {"str": "%s", "repr": "%r"}
        if node.func.id in kinds and not isinstance(node.args[0], ast.Starred):
            return kinds[node.func.id], node.args[0]
    return "%s", node


def _format(node: ast.Call, value: ast.expr) -> LazyMessage | None:
    template = _string(value)
    if template is None or any(isinstance(one, ast.Starred) for one in node.args):
        return None
    given: list[tuple[str, ast.expr]] = [(str(number), one) for number, one in enumerate(node.args)]
    given += [(one.arg or "**", one.value) for one in node.keywords]
    try:
        fields = list(string.Formatter().parse(template))
    except ValueError:
        return None
    format_ = "".join(_field(number, *field) or "\0" for number, field in enumerate(_numbered(fields)))
    wanted = [name for _, name, *_ in _numbered(fields) if name is not None]
    if "\0" in format_ or wanted != [name for name, _ in given] or not given:
        return None
    return LazyMessage(format_, tuple(argument(one) for _, one in given))


Field = tuple[str, str | None, str | None, str | None]


def _numbered(fields: Sequence[Field]) -> list[Field]:
    number = 0
    found: list[Field] = []
    for text, name, spec, conversion in fields:
        found.append((text, str(number) if name == "" else name, spec, conversion))
        number += name == ""
    return found


def _field(number: int, text: str, name: str | None, spec: str | None, conversion: str | None) -> str | None:
    del number
    literal = text.replace("%", "%%")
    if name is None:
        return literal
    if conversion and spec:
        return None
    place = _CONVERSIONS[ord(conversion)] if conversion else _same(spec or "")
    return None if place is None else literal + place
