"""The guard against memorised answers: no decision of a patch may hang on a value that only the tests contain.

Every rung that writes code passes it: `objection_of` asks before it runs the suite. The search asks earlier, too, so
that no time goes into such edits. A revert writes nothing of its own.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence

from grace_workers.coding.baseline import Baseline

OBJECTION = "it decides by a value that only the tests contain"
_PLAIN = frozenset(map(repr, (0, 1, 2, "", b"", None, True, False, ...)))
_ASKING = {"startswith", "endswith", "fullmatch", "match", "search", "index", "count"}
_LITERAL = re.compile(r"\d*\.?\d+|'[^'\n]*'|\"[^\"\n]*\"")


def constants(source: str) -> frozenset[str]:
    """Return the values written in Python source, apart from common ones; none if it is no Python."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
    return frozenset(_values([tree])) - _PLAIN


def values_of_tests(baseline: Baseline) -> frozenset[str]:
    """Return the values written in the files of the failing tests."""
    names = {run.name.partition("::")[0] for run in baseline.traced.failing}
    texts = [baseline.tree.read(name).decode("utf-8", "replace") for name in sorted(names) if name.endswith(".py")]
    return frozenset[str]().union(*map(constants, texts))


def mentions(text: str, tests: frozenset[str]) -> bool:
    """Return whether a piece of source, which need not parse alone, contains a value of the tests."""
    for written in _LITERAL.findall(text):
        try:
            if _key(ast.literal_eval(written)) in tests:
                return True
        except (SyntaxError, ValueError):
            continue
    return False


def decides_by_heart(before: str, after: str, tests: frozenset[str]) -> bool:
    """Return whether `after` compares with, matches or looks up a value of the tests that `before` does not contain."""
    added = (constants(after) - constants(before)) & tests
    return bool(added) and any(added.intersection(_values(parts)) for parts in _decisive(ast.parse(after)))


def memorised(baseline: Baseline, files: Mapping[str, bytes]) -> bool:
    """Return whether changed files decide by a value of the tests that they did not contain before."""
    tests = values_of_tests(baseline)
    return any(
        decides_by_heart(_text(baseline.tree.read(name)), _text(after), tests)
        for name, after in files.items()
        if name.endswith(".py")
    )


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _decisive(tree: ast.AST) -> Iterator[Sequence[ast.AST]]:
    """Yield what decisions depend on: sides of comparisons, keys of literal mappings, patterns, arguments of tests."""
    for node in ast.walk(tree):
        match node:
            case ast.Compare():
                yield [node.left, *node.comparators]
            case ast.Dict():
                yield [key for key in node.keys if key is not None]
            case ast.MatchValue():
                yield [node]
            case ast.Call(func=ast.Attribute(value=receiver, attr=name)) if name in _ASKING:
                yield [receiver, *node.args]
            case _:
                continue


def _values(parts: Sequence[ast.AST]) -> Iterator[str]:
    for part in parts:
        yield from (_key(node.value) for node in ast.walk(part) if isinstance(node, ast.Constant))


def _key(value: object) -> str:
    """Return the same text for values that compare equal."""
    return repr(int(value)) if isinstance(value, float) and value.is_integer() else repr(value)
