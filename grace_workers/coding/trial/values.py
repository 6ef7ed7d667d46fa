"""Values for arguments as Python writes them, by kind, and which kinds a parameter may take."""

import ast
import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

PLAIN: Mapping[str, Sequence[str]] = {
    "int": ("0", "1", "2", "3", "-1", "5", "10", "100"),
    "float": ("0.5", "1.5", "2.0", "-1.5", "0.0", "10.25"),
    "str": (
        "''", "'a'", "'abc'", "'hello world'", "'Hello, World'", "'a,b,c'", "'12'", "'foo_bar'", "'fooBar'", "' x '",
        "'one\\ntwo\\n'", "'1.5'", "'a=1'", "'x/y.txt'", "'true'",
    ),
    "bytes": ("b''", "b'abc'", "b'a=1'", "b'\\x00\\xff'"),
    "bool": ("True", "False"),
    "none": ("None",),
    "list": (
        "[]", "[1]", "[1, 2, 3]", "[3, 1, 2]", "[1, 1, 2]", "['a', 'b']", "['b', 'a', 'c']", "[[1, 2], [3]]",
        "[('a', 1), ('b', 2)]", "[{'a': 1}, {'a': 2}]", "[1, [2, [3]]]", "[0, None, '']", "[1, 2, 3, 4, 5]",
    ),
    "tuple": ("()", "(1,)", "(1, 2)", "('a', 1)", "(3, 1, 2)"),
    "set": ("set()", "{1}", "{1, 2}", "{2, 3}"),
    "dict": (
        "{}", "{'a': 1}", "{'a': 1, 'b': 2}", "{'b': 2, 'c': 3}", "{'a': {'b': 1}}", "{1: 'a'}", "{'a': [1, 2]}",
        "{'name': 'Ann', 'age': 30}",
    ),
    "callable": (
        "str", "len", "sum", "lambda x: x", "lambda x: x + 1", "lambda x: x * 2", "lambda x: x > 1",
        "lambda x, y: x + y", "lambda x: x % 2 == 0", "lambda *args: args", "lambda: 1", "lambda x: None",
    ),
    "type": ("int", "str", "list", "dict", "ValueError"),
}  # fmt: skip

_NAMED = {
    "int": (
        "n",
        "num",
        "number",
        "count",
        "size",
        "index",
        "width",
        "length",
        "limit",
        "depth",
        "level",
        "k",
        "i",
        "year",
    ),
    "str": (
        "s",
        "text",
        "string",
        "name",
        "line",
        "word",
        "sep",
        "prefix",
        "suffix",
        "title",
        "message",
        "pattern",
        "url",
    ),
    "list": (
        "items",
        "seq",
        "sequence",
        "iterable",
        "values",
        "lst",
        "arr",
        "array",
        "elements",
        "rows",
        "args",
        "src",
    ),
    "dict": ("d", "mapping", "dictionary", "kwargs", "options", "config", "params", "data"),
    "callable": ("func", "fn", "function", "callback", "predicate", "key", "binop", "f", "condition", "handler"),
    "bool": ("flag", "strict", "reverse", "verbose", "force", "ignore_case"),
    "float": ("x", "y", "price", "rate", "ratio", "amount", "seconds", "timeout"),
}
_TEXTUAL = frozenset(dir(str)) - frozenset(dir(list)) - frozenset(dir(dict))
_LISTED = frozenset({"append", "extend", "insert", "sort", "reverse"})
_MAPPED = frozenset({"items", "keys", "values", "get", "setdefault", "update"})
_HINT, _SURE, _GUESS = 4.0, 40.0, 0.3

Weights = dict[str, float]


class Pools:
    """The values of each kind: the plain ones, the constants of the code, and objects of its own classes."""

    def __init__(self, source: str, classes: Sequence[str]) -> None:
        self.of: dict[str, list[str]] = {kind: list(texts) for kind, texts in PLAIN.items()}
        self.classes = tuple(classes)
        self._source = ast.parse(source)
        self._constants: dict[ast.AST | None, Mapping[str, list[str]]] = {}

    def constants(self, node: ast.AST | None) -> Mapping[str, list[str]]:
        """Return the constants of a function, or of the module, by kind, with their neighbours."""
        if node not in self._constants:
            self._constants[node] = self._found(node)
        return self._constants[node]

    def _found(self, node: ast.AST | None) -> Mapping[str, list[str]]:
        found: dict[str, dict[str, None]] = {}
        for one in ast.walk(node or self._source):
            if isinstance(one, ast.Constant) and not isinstance(one.value, bool | None) and one.value is not ...:
                for value in _around(one.value):
                    found.setdefault(type(value).__name__, {})[repr(value)] = None
        return {kind: list(texts)[:40] for kind, texts in found.items() if kind in self.of}


def _around(value: Any) -> Iterator[Any]:
    if isinstance(value, int | float):
        yield from (value, value + 1, value - 1)
    elif isinstance(value, str | bytes) and len(value) <= 40:  # noqa: PLR2004 - a longer one is prose
        yield value


def weights(parameter: inspect.Parameter, node: ast.AST | None, classes: Sequence[str]) -> Weights:
    """Return how likely each kind of value is what the parameter takes, before anything was tried."""
    found = dict.fromkeys(PLAIN, _GUESS)
    found.update(dict.fromkeys(classes, _GUESS / 3))
    for kind in _annotated(parameter.annotation, classes):
        found[kind] = found.get(kind, 0.0) + _SURE
    default = parameter.default
    if default is not inspect.Parameter.empty:
        kind = "none" if default is None else type(default).__name__
        if kind in found:
            found[kind] += _HINT
    for kind, names in _NAMED.items():
        if parameter.name.strip("_").lower() in names or parameter.name.endswith(f"_{names[0]}"):
            found[kind] += _HINT
    for kind in _used(parameter.name, node) if node is not None else ():
        found[kind] = found.get(kind, 0.0) + _HINT
    return found


_WORDS = {
    "int": "int", "float": "float", "str": "str", "bytes": "bytes", "bool": "bool", "None": "none", "list": "list",
    "List": "list", "Sequence": "list", "Iterable": "list", "Iterator": "list", "Collection": "list", "tuple": "tuple",
    "Tuple": "tuple", "set": "set", "Set": "set", "frozenset": "set", "dict": "dict", "Dict": "dict", "Mapping": "dict",
    "MutableMapping": "dict", "Callable": "callable", "type": "type", "Type": "type", "Optional": "none",
    "Number": "int", "Hashable": "str",
}  # fmt: skip


def _annotated(annotation: Any, classes: Sequence[str]) -> Iterator[str]:
    """Yield the kinds that an annotation names outermost."""
    if annotation is inspect.Parameter.empty:
        return
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    try:
        tree = ast.parse(text.replace("typing.", "").replace("collections.abc.", ""), mode="eval").body
    except SyntaxError:
        return
    for word in _outermost(tree):
        if word in _WORDS:
            yield _WORDS[word]
        elif word in classes:
            yield word


def _outermost(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.BinOp):
        yield from (*_outermost(node.left), *_outermost(node.right))
    elif isinstance(node, ast.Subscript):
        outer = list(_outermost(node.value))
        yield from outer
        if outer and outer[0] in {"Optional", "Union"}:
            inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            yield from (word for one in inner for word in _outermost(one))
    elif isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Constant):
        yield str(node.value)


def _used(name: str, node: ast.AST) -> Iterator[str]:
    """Yield the kinds that the function treats the parameter as."""
    for one in ast.walk(node):
        if isinstance(one, ast.Attribute) and _is(one.value, name):
            yield from (
                kind for kind, known in (("str", _TEXTUAL), ("list", _LISTED), ("dict", _MAPPED)) if one.attr in known
            )
        elif isinstance(one, ast.For | ast.comprehension) and _is(one.iter, name):
            yield "list"
        elif isinstance(one, ast.Call):
            yield from _called(one, name)
        elif isinstance(one, ast.Compare):
            sides = [one.left, *one.comparators]
            if any(_is(side, name) for side in sides):
                yield from (kind for side in sides if (kind := _kind(side)))
        elif isinstance(one, ast.BinOp) and (_is(one.left, name) or _is(one.right, name)):
            yield _kind(one.right) or _kind(one.left) or "int"


def _called(node: ast.Call, name: str) -> Iterator[str]:
    if _is(node.func, name):
        yield "callable"
    elif isinstance(node.func, ast.Name) and node.args and _is(node.args[0], name):
        if node.func.id in {"len", "sorted", "sum", "iter", "enumerate", "list", "max", "min"}:
            yield "list"
        elif node.func.id == "isinstance":
            kinds = node.args[1].elts if isinstance(node.args[1], ast.Tuple) else [node.args[1]]
            yield from (_WORDS[one.id] for one in kinds if isinstance(one, ast.Name) and one.id in _WORDS)


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _kind(node: ast.expr) -> str:
    if not isinstance(node, ast.Constant):
        return ""
    kind = "none" if node.value is None else type(node.value).__name__
    return kind if kind in PLAIN else ""
