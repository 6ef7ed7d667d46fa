"""Log with arguments instead of formatted messages, with names that are not deprecated, through the module's logger."""

import ast
from collections.abc import Iterator, Mapping, Sequence

from grace_workers.coding.intents.intent import Intent, IntentOptions, SourceTexts, each_file
from grace_workers.coding.patch import Edit, edited
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.rewriting.lazy_message import argument, lazy, quoted

_METHODS = {"debug", "info", "warning", "warn", "error", "critical", "exception", "fatal"}
_Call = tuple[ast.Call, str | None, bool]


def _change(texts: SourceTexts, targets: Sequence[str], options: IntentOptions) -> Mapping[str, str] | Reason:
    del options
    source = texts[targets[0]]
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return Reason(ReasonCode.UNREADABLE, f"The file does not parse: {str(error) or 'it nests too deeply'}.")
    if "\r" in source.replace("\r\n", "\n") or "\f" in source:
        return Reason(ReasonCode.UNREADABLE, "The file mixes line endings or holds form feeds.")
    raw = source.encode()
    loggers = _Loggers(tree)
    edits = [edit for call in _calls(tree.body, None, inside=False) for edit in _edits(raw, call, loggers)]
    return {targets[0]: edited(raw, edits).decode()} if edits else {}


class _Loggers:
    """What in a module certainly is a logger of the standard library."""

    def __init__(self, tree: ast.Module) -> None:
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.own: tuple[str, int] | None = None
        imported = [one for one in ast.walk(tree) if isinstance(one, ast.Import)]
        if any(alias.name == "logging" and alias.asname is None for one in imported for alias in one.names):
            self.names.add("logging")
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and _makes_logger(node.value):
                for target in node.targets:
                    self._add(target, node, top=node in tree.body)
        self._forget({one.arg for one in ast.walk(tree) if isinstance(one, ast.arg)})

    def _forget(self, parameters: set[str]) -> None:
        """Forget names that are also parameters: what is given may be another kind of logger, without all methods."""
        self.names -= parameters
        if self.own is not None and self.own[0] in parameters:
            self.own = None

    def _add(self, target: ast.expr, node: ast.Assign, *, top: bool) -> None:
        if isinstance(target, ast.Name):
            self.names.add(target.id)
            if top and self.own is None:
                self.own = target.id, node.lineno
        elif isinstance(target, ast.Attribute):
            self.attributes.add(target.attr)

    def log(self, node: ast.expr) -> bool:
        """Whether the expression is a logger."""
        if isinstance(node, ast.Name):
            return node.id in self.names
        return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr in self.attributes


def _makes_logger(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) in {"logging.getLogger", "getLogger"}


def _calls(nodes: Sequence[ast.AST], caught: str | None, *, inside: bool) -> Iterator[_Call]:
    """Yield the calls, each with the name of the exception handled around it, and whether it is in a function."""
    for node in nodes:
        below = list(ast.iter_child_nodes(node))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from _calls(below, None, inside=True)
        elif isinstance(node, ast.ExceptHandler):
            yield from _calls(below, node.name, inside=inside)
        else:
            if isinstance(node, ast.Call):
                yield node, caught, inside
            yield from _calls(below, caught, inside=inside)


def _edits(raw: bytes, call: _Call, loggers: _Loggers) -> Iterator[Edit]:
    node, caught, inside = call
    if isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS and loggers.log(node.func.value):
        yield from _logged(raw, node, node.func, caught)
    elif isinstance(node.func, ast.Name) and node.func.id == "print" and loggers.own is not None:
        name, line = loggers.own
        if not node.keywords and node.args and (inside or node.lineno > line):
            yield from _printed(node, name)


def _logged(raw: bytes, node: ast.Call, func: ast.Attribute, caught: str | None) -> Iterator[Edit]:
    name = _method(node, func.attr, caught)
    if name != func.attr:
        line, end = func.end_lineno or func.lineno, func.end_col_offset or 0
        yield Edit(line, end - len(func.attr.encode()), line, end, name)
    if len(node.args) == 1 and (message := lazy(node.args[0])) is not None and _stands_alone(raw, node, func):
        first = node.args[0]
        yield Edit(first.lineno, first.col_offset, first.end_lineno or 0, first.end_col_offset or 0, message.text)


def _method(node: ast.Call, name: str, caught: str | None) -> str:
    if name == "warn":
        return "warning"
    if name == "error" and caught and any(_tells(one, caught) for one in node.args):
        return "exception"
    return name


def _tells(node: ast.expr, caught: str) -> bool:
    """Return whether an argument logs the exception itself."""
    if isinstance(node, ast.Attribute | ast.Subscript):
        return False
    if isinstance(node, ast.Name):
        return node.id == caught
    return any(
        isinstance(one, ast.expr | ast.keyword) and _tells(_value(one), caught) for one in ast.iter_child_nodes(node)
    )


def _value(node: ast.expr | ast.keyword) -> ast.expr:
    return node.value if isinstance(node, ast.keyword) else node


def _stands_alone(raw: bytes, node: ast.Call, func: ast.Attribute) -> bool:
    """Return whether only white space, and no comment, separates the call's parenthesis from its message."""
    lines = raw.split(b"\n")
    first = node.args[0]
    before = _between(lines, (func.end_lineno or 0, func.end_col_offset or 0), (first.lineno, first.col_offset))
    within = _between(lines, (first.lineno, first.col_offset), (first.end_lineno or 0, first.end_col_offset or 0))
    return before.split() == [b"("] and (first.lineno == first.end_lineno or b"#" not in within)


def _between(lines: Sequence[bytes], start: tuple[int, int], end: tuple[int, int]) -> bytes:
    rows = list(lines[start[0] - 1 : end[0]])
    rows[-1] = rows[-1][: end[1]]
    rows[0] = rows[0][start[1] :]
    return b"\n".join(rows)


def _printed(node: ast.Call, name: str) -> Iterator[Edit]:
    if any(isinstance(one, ast.Starred) for one in node.args) or node.lineno != node.end_lineno:
        return
    yield Edit(node.lineno, node.col_offset, node.lineno, node.end_col_offset or 0, f"{name}.info({_message(node)})")


def _message(node: ast.Call) -> str:
    only = node.args[0]
    if len(node.args) == 1 and isinstance(only, ast.Constant) and isinstance(only.value, str):
        return quoted(only.value)
    if len(node.args) == 1 and (message := lazy(only)) is not None:
        return message.text
    return ", ".join([quoted(" ".join(["%s"] * len(node.args))), *map(argument, node.args)])


DEFINITION = Intent(
    name="improve_logging",
    about="Log by arguments, by current names, and through the module's logger.",
    options=IntentOptions,
    change=_change,
    find=each_file,
    after=("remove_duplication", "reduce_complexity"),
)
