"""Calls that the repository makes: in its code, its tests, and the examples of its documents."""

import ast
import builtins
import doctest
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_MOST_FILES, _LARGEST, _MOST_EACH, _LONGEST = 300, 200_000, 24, 120
_DOCUMENTS = frozenset({".md", ".rst", ".txt"})
_HIDDEN = frozenset({"node_modules", "site-packages", "build", "dist", "__pycache__"})
_BUILTINS = frozenset(dir(builtins)) - {"open", "input", "exec", "eval", "print", "exit", "quit", "breakpoint"}


@dataclass(frozen=True)
class SeenCall:
    """The arguments of a call, as Python writes them."""

    given: Sequence[str]
    named: Mapping[str, str] = field(default_factory=dict)


def seen_calls(root: Path, names: Collection[str], known: Collection[str], seconds: float) -> dict[str, list[SeenCall]]:
    """Return calls of these names whose arguments need no other names than the known ones, within that time."""
    until = time.monotonic() + seconds
    found: dict[str, list[SeenCall]] = {name: [] for name in names}
    for text in _texts(root):
        if time.monotonic() > until:
            break
        for tree in _trees(text) if any(f"{name}(" in text for name in names) else ():
            for node in ast.walk(tree):
                name = _name(node.func) if isinstance(node, ast.Call) else ""
                if name in found and len(found[name]) < _MOST_EACH and (call := _call(node, known)) is not None:  # type: ignore[arg-type]
                    found[name] += [call] if call not in found[name] else []
    return found


def _texts(root: Path) -> Iterator[str]:
    """Yield the files' texts, tests first: they call with what people would call with."""
    files = [path for path in root.rglob("*") if path.suffix in {".py", *_DOCUMENTS} and not path.is_symlink()]
    shown = [one for one in files if not any(_is_hidden(part) for part in one.relative_to(root).parts)]
    for path in sorted(shown, key=lambda one: ("test" not in str(one.relative_to(root)), str(one)))[:_MOST_FILES]:
        try:
            if path.stat().st_size <= _LARGEST:
                yield path.read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            continue


def _is_hidden(part: str) -> bool:
    return part.startswith(".") or part in _HIDDEN


def _trees(text: str) -> Iterator[ast.Module]:
    """Yield the text as Python; of a document, and of docstrings, the examples."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        yield from _examples(text)
        return
    yield tree
    if ">>>" in text:
        yield from _examples(text)


def _examples(text: str) -> Iterator[ast.Module]:
    try:
        sources = [one.source for one in doctest.DocTestParser().get_examples(text)]
    except ValueError:
        return
    for source in sources:
        try:
            yield ast.parse(source)
        except (SyntaxError, ValueError):
            continue


def _call(node: ast.Call, known: Collection[str]) -> SeenCall | None:
    parts = [*node.args, *(word.value for word in node.keywords)]
    starred = any(isinstance(one, ast.Starred) for one in node.args) or any(word.arg is None for word in node.keywords)
    if starred or not parts or not all(_is_known(one, known) for one in parts):
        return None
    named = {str(word.arg): ast.unparse(word.value) for word in node.keywords}
    return SeenCall(tuple(ast.unparse(one) for one in node.args), named)


def _is_known(node: ast.expr, known: Collection[str]) -> bool:
    bound = {one.arg for one in ast.walk(node) if isinstance(one, ast.arg)}
    names = [one for one in ast.walk(node) if isinstance(one, ast.Name)]
    bound |= {one.id for one in names if isinstance(one.ctx, ast.Store)}
    used = {one.id for one in names} - bound
    return all(one in known or one in _BUILTINS for one in used) and len(ast.unparse(node)) <= _LONGEST


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
