"""Mining: the small changes of functions in a history, as patterns that weigh as much as they were accepted."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grace_workers.coding.engines.patterns.generalising import Change, generalised, renamed
from grace_workers.coding.functions import Defined, FunctionIndex
from grace_workers.coding.repository import PastEdit

_LARGEST, _MOST, _JOINED, _ROWS = 60, 200, 60, 8
_FIX = re.compile(r"\b(fix(es|ed)?|bug|repair|mend|correct|broken|wrong|crash|error|off.by.one)", re.IGNORECASE)
_REVERTS = re.compile(r"This reverts commit ([0-9a-f]{7,40})")
_TOLD, _UNTOLD, _REJECTED = 1.0, 0.3, 0.25


@dataclass(frozen=True, slots=True)
class Pattern:
    """A template before and after. `weight` grows with each fix that it comes from; a reverted one counts little."""

    before: ast.expr | ast.stmt
    after: ast.expr | ast.stmt
    weight: float
    commits: tuple[str, ...]

    @property
    def text(self) -> str:
        """The pattern for people."""
        return f"{ast.unparse(self.before)} -> {ast.unparse(self.after)}"


def mined(edits: Sequence[PastEdit]) -> list[Pattern]:
    """Return the patterns of a history, heaviest first."""
    rejected = {found for one in edits for found in _REVERTS.findall(one.message)}
    patterns: dict[str, Pattern] = {}
    for edit in edits:
        if _REVERTS.search(edit.message) or edit.message.startswith('Revert "'):
            continue
        gone = any(edit.commit.startswith(one) for one in rejected)
        weight = (_TOLD if _FIX.search(edit.message) else _UNTOLD) * (_REJECTED if gone else 1.0)
        for change in changes_of(edit.before, edit.after) if _is_small(edit.before, edit.after) else ():
            _add(patterns, Pattern(*renamed(change), weight, (edit.commit,)))
    found = [*patterns.values(), *_joined(list(patterns.values())[:_JOINED])]
    return sorted(found, key=lambda one: (-one.weight, one.text))[:_MOST]


def _is_small(before: bytes, after: bytes) -> bool:
    """Return whether the change is within a few lines, before anything is parsed."""
    old, new = before.split(b"\n"), after.split(b"\n")
    first = next((at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    old, new = old[first:][::-1], new[first:][::-1]
    last = next((at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    return max(len(old), len(new)) - last <= _ROWS


def changes_of(before: bytes, after: bytes) -> Iterator[Change]:
    """Yield the smallest part that differs, of every function that differs in one place."""
    try:
        old, new = FunctionIndex(before), FunctionIndex(after)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for function in old.all:
        other = new.named(function.name)
        if isinstance(function.node, Defined) and other is not None and isinstance(other.node, Defined):
            try:
                change = _narrowed(function.node, other.node)
            except RecursionError:
                continue  # nested deeper than anything that a person writes
            if change is not None and max(_size(change[0]), _size(change[1])) <= _LARGEST:
                yield change


def _narrowed(old: ast.AST, new: ast.AST) -> Change | None:
    """Return the innermost pair of expressions or statements in which the two differ; None unless there is one."""
    best: Change | None = None
    while type(old) is type(new):
        unlike = list(_unlike(old, new))
        if len(unlike) != 1:
            break
        old, new = unlike[0]
        if isinstance(old, ast.expr | ast.stmt) and isinstance(new, ast.expr | ast.stmt):
            best = (old, new)
        if isinstance(old, Defined):
            return None  # an inner function is one of its own
    # A name for another name says nothing without what is around it.
    return best if best is None or not _is_leaf(best) else None


def _unlike(old: ast.AST, new: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    for name, value in ast.iter_fields(old):
        other = getattr(new, name)
        if isinstance(value, list) and isinstance(other, list) and len(value) == len(other):
            for a, b in zip(value, other, strict=True):
                if _dump(a) != _dump(b):
                    yield (a, b) if isinstance(a, ast.AST) and isinstance(b, ast.AST) else (old, new)
        elif _dump(value) != _dump(other):
            yield (value, other) if isinstance(value, ast.AST) and isinstance(other, ast.AST) else (old, new)


def _is_leaf(change: Change) -> bool:
    return isinstance(change[0], ast.Name | ast.Constant) and isinstance(change[1], ast.Name | ast.Constant)


def _joined(known: Sequence[Pattern]) -> Iterator[Pattern]:
    """Yield what two patterns have in common, with the weight of both."""
    found: dict[str, Pattern] = {}
    for place, one in enumerate(known):
        for other in known[place + 1 :]:
            if type(one.before) is type(other.before):
                both = generalised((one.before, one.after), (other.before, other.after))
                if both is not None:
                    commits = tuple(dict.fromkeys((*one.commits, *other.commits)))
                    _add(found, Pattern(*both, one.weight + other.weight, commits))
    yield from found.values()


def _add(patterns: dict[str, Pattern], one: Pattern) -> None:
    known = patterns.get(one.text)
    if known is not None:
        commits = tuple(dict.fromkeys((*known.commits, *one.commits)))
        one = Pattern(one.before, one.after, known.weight + one.weight, commits)
    patterns[one.text] = one


def _size(node: ast.AST) -> int:
    return sum(1 for _ in ast.walk(node))


def _dump(value: object) -> str:
    if isinstance(value, ast.AST):
        return ast.dump(value)
    return f"[{', '.join(map(_dump, value))}]" if isinstance(value, list) else repr(value)
