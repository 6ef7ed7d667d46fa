"""The guard against memorised answers: a patch may not compare with a value that only the tests contain."""

import ast
import re

_PLAIN = {"0", "1", "2", "-1", "''", '""', "None", "True", "False"}
_LITERAL = re.compile(r"-?\b\d+(?:\.\d+)?\b|'[^'\n]{1,80}'|\"[^\"\n]{1,80}\"")


def literals(text: str) -> frozenset[str]:
    """Return the numbers and short texts written in a piece of source, apart from common ones."""
    return frozenset(_LITERAL.findall(text)) - _PLAIN


def answers_by_heart(before: str, after: str, tests: frozenset[str]) -> bool:
    """Return whether a comparison in `after` uses a literal of the tests that `before` does not contain."""
    added = (literals(after) - literals(before)) & tests
    if not added:
        return False
    try:
        tree = ast.parse(after)
    except SyntaxError:
        return True
    compared = (part for node in ast.walk(tree) if isinstance(node, ast.Compare) for part in ast.walk(node))
    return any(isinstance(part, ast.Constant) and repr(part.value) in added for part in compared)
