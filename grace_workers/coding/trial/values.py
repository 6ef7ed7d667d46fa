"""Values for arguments as Python writes them, by kind, and which kinds a parameter may take."""

import ast
import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .annotated import tree_of
from .constants import Constants
from .pattern_text import matching

STANDARD = (
    "collections", "datetime", "decimal", "fractions", "io", "itertools", "operator", "pathlib", "re", "types", "uuid",
)  # fmt: skip
"""Modules of the standard library that a test may use as they are."""

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
    "slice": ("slice(None)", "slice(1, 3)", "slice(None, None, 2)", "slice(-2, None)", "slice(2, 1, -1)"),
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
    "callable0": ("lambda: 1", "list", "dict", "lambda: None"),
    "callable1": (
        "str", "len", "lambda x: x", "lambda x: x + 1", "lambda x: x > 1", "lambda x: x % 2 == 0", "lambda x: None",
        "operator.itemgetter(0)", "lambda x: [x, x]", "bool",
    ),
    "callable2": (
        "operator.add", "lambda x, y: x + y", "lambda x, y: x * y", "lambda x, y: y", "operator.lt", "max",
    ),
    "callable3": ("lambda x, y, z: (x, y, z)", "lambda *args: args"),
    "type": ("int", "str", "list", "dict", "ValueError"),
    "iterator": ("iter([1, 2, 3])", "iter([])", "iter('abc')", "iter([('a', 1), ('b', 2)])"),
    "file": (
        "io.StringIO('one\\ntwo\\n')", "io.StringIO('')", "io.StringIO('a=1')", "io.BytesIO(b'one\\ntwo\\n')",
    ),
    "datetime": (
        "datetime.datetime(2020, 2, 29, 12, 30)", "datetime.datetime(2021, 1, 1, tzinfo=datetime.timezone.utc)",
        "datetime.datetime(1999, 12, 31, 23, 59, 59, 999999)",
    ),
    "date": ("datetime.date(2020, 2, 29)", "datetime.date(1999, 12, 31)"),
    "time": ("datetime.time(12, 30)", "datetime.time(0, 0, 1)"),
    "timedelta": ("datetime.timedelta(days=1)", "datetime.timedelta(seconds=90)", "datetime.timedelta(0)"),
    "decimal": ("decimal.Decimal('1.50')", "decimal.Decimal(0)", "decimal.Decimal('-3')"),
    "path": ("pathlib.PurePosixPath('a/b.txt')", "pathlib.PurePosixPath('.')"),
    "error": ("ValueError('broken')", "KeyError('a')", "TypeError()"),
    "pattern": ("re.compile('a+')", "re.compile('(x)|y')"),
    "match": ("re.match('(a)(b)?', 'ab')", "re.match('(a)(b)?', 'a')"),
}  # fmt: skip
_SELDOM = frozenset(
    {"datetime", "date", "time", "timedelta", "decimal", "path", "error", "pattern", "match", "file", "slice"}
)

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
_MATCHED = frozenset({"group", "groups", "groupdict", "lastgroup", "start", "end", "span"})
_BOUNDED = frozenset({"start", "stop", "step", "indices"})
_READ = frozenset({"read", "readline", "readlines", "write", "seek"})
_HINT, _SURE, _GUESS, _FEW = 4.0, 40.0, 0.3, 6

Weights = dict[str, float]


class Pools:
    """The values of each kind: the plain ones, the constants of the code, and the objects of its own classes."""

    def __init__(self, source: str, space: Mapping[str, Any]) -> None:
        self.of: dict[str, list[str]] = {kind: list(texts) for kind, texts in PLAIN.items()}
        self.constants = Constants(ast.parse(source), space).of
        patterns = {name: one for name, one in space.items() if isinstance(one, re.Pattern)}
        found = [f"{name}.search({text!r})" for name, one in patterns.items() for text in _texts(one)]
        self.of["match"] = found or self.of["match"]
        self.of["pattern"] += patterns
        for name, one in space.items():
            if isinstance(space.get(type(one).__name__), type) and type(one) is space[type(one).__name__]:
                self.of.setdefault(type(one).__name__, []).append(name)


def _texts(pattern: re.Pattern[Any]) -> list[str]:
    return matching(pattern, _FEW) if isinstance(pattern.pattern, str) else []


def weights(parameter: inspect.Parameter, node: ast.AST | None, classes: Sequence[str]) -> Weights:
    """Return how likely each kind of value is what the parameter takes, before anything was tried."""
    found = dict.fromkeys(PLAIN, _GUESS)
    found.update(dict.fromkeys((*classes, *_SELDOM), _GUESS / 3))
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
    for kind in _used(parameter.name, node, classes) if node is not None else ():
        found[kind] = found.get(kind, 0.0) + _HINT
    return found


_WORDS = {
    "int": "int", "float": "float", "str": "str", "bytes": "bytes", "bool": "bool", "None": "none", "list": "list",
    "List": "list", "Sequence": "list", "Iterable": "list", "Iterator": "iterator", "Collection": "list",
    "tuple": "tuple", "Tuple": "tuple", "set": "set", "Set": "set", "frozenset": "set", "dict": "dict", "Dict": "dict",
    "Mapping": "dict", "MutableMapping": "dict", "Callable": "callable", "type": "type", "Type": "type",
    "Optional": "none", "Number": "int", "Hashable": "str", "IO": "file", "TextIO": "file", "BinaryIO": "file",
    "datetime": "datetime", "date": "date", "time": "time", "timedelta": "timedelta", "Decimal": "decimal",
    "Path": "path", "PathLike": "path", "Exception": "error", "BaseException": "error", "Pattern": "pattern",
    "Match": "match", "Generator": "iterator", "slice": "slice",
}  # fmt: skip


def _annotated(annotation: Any, classes: Sequence[str]) -> Iterator[str]:
    """Yield the kinds that an annotation names outermost."""
    tree = tree_of(annotation)
    for word in _outermost(tree) if tree is not None else ():
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


def _used(name: str, node: ast.AST, classes: Sequence[str]) -> Iterator[str]:
    """Yield the kinds that the function treats the parameter as."""
    for one in ast.walk(node):
        if isinstance(one, ast.Attribute) and _is(one.value, name):
            yield from (kind for kind, known in _BY_ATTRIBUTE if one.attr in known)
        elif isinstance(one, ast.For | ast.comprehension) and _is(one.iter, name):
            yield "list"
        elif isinstance(one, ast.Call):
            yield from _called(one, name, classes)
        elif isinstance(one, ast.Compare):
            sides = [one.left, *one.comparators]
            if any(_is(side, name) for side in sides):
                yield from (kind for side in sides if (kind := _kind(side)))
        elif isinstance(one, ast.BinOp) and (_is(one.left, name) or _is(one.right, name)):
            yield _kind(one.right) or _kind(one.left) or "int"


_BY_ATTRIBUTE = (
    ("str", _TEXTUAL),
    ("list", _LISTED),
    ("dict", _MAPPED),
    ("match", _MATCHED),
    ("file", _READ),
    ("slice", _BOUNDED),
)
_TESTS = frozenset({"isinstance", "issubclass"})
_WITH_ONE = frozenset({"map", "filter", "takewhile", "dropwhile", "filterfalse", "starmap"})
_WITH_TWO = frozenset({"reduce", "cmp_to_key"})
_BY_FIRST = (
    (frozenset({"len", "sorted", "sum", "iter", "enumerate", "list", "max", "min", "tuple", "set", "zip"}), "list"),
    (_WITH_ONE, "callable1"), (_WITH_TWO, "callable2"), (frozenset({"next"}), "iterator"),
    (frozenset({"callable"}), "callable"),
)  # fmt: skip
_BY_SECOND = ((_WITH_ONE | _WITH_TWO, "list"), (_TESTS, "type"))


def _called(node: ast.Call, name: str, classes: Sequence[str]) -> Iterator[str]:
    function = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    if _is(node.func, name):
        yield "callable"
        yield f"callable{min(len(node.args), 3)}"
    if any(word.arg == "key" and _is(word.value, name) for word in node.keywords):
        yield "callable1"
    if any(isinstance(one, ast.Starred) and _is(one.value, name) for one in node.args):
        yield from ("list", "tuple")
    if node.args and _is(node.args[0], name):
        yield from _first(node, function, classes)
    elif len(node.args) > 1 and _is(node.args[1], name):
        yield from (kind for functions, kind in _BY_SECOND if function in functions)


def _first(node: ast.Call, function: str, classes: Sequence[str]) -> Iterator[str]:
    """Yield the kinds of the first argument of a function of the language."""
    yield from (kind for functions, kind in _BY_FIRST if function in functions)
    if function in _TESTS and len(node.args) > 1:
        words = [getattr(one, "id", getattr(one, "attr", "")) for one in ast.walk(node.args[1])]
        yield from (_WORDS.get(one, one) for one in words if one in _WORDS or one in classes)


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _kind(node: ast.expr) -> str:
    if not isinstance(node, ast.Constant):
        return ""
    kind = "none" if node.value is None else type(node.value).__name__
    return kind if kind in PLAIN else ""
