"""Pass each parameter of a function the way most of its calls do, by position or by name."""

import ast
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grace_workers.coding.intents.intent import Intent, IntentOptions, SafetyLevel, SourceTexts, TargetGroup
from grace_workers.coding.patch import Edit, edited
from grace_workers.coding.protected import is_protected
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.rewriting.callers import calls_of, functions_of, parsed

_TRANSPARENT = {"lru_cache", "cache", "contextmanager", "asynccontextmanager", "overload"}


@dataclass(frozen=True, slots=True)
class _Passed:
    """One argument of a call: the parameter that receives it, and the name it is passed by, if any."""

    parameter: str
    value: ast.expr
    keyword: ast.keyword | None


def _change(texts: SourceTexts, targets: Sequence[str], options: IntentOptions) -> Mapping[str, str] | Reason:
    file, _, name = targets[0].partition("::")
    tree = parsed(texts, file)
    if tree is None:
        return Reason(ReasonCode.UNREADABLE, f"{file} does not parse.")
    function = _callee(tree, name, options)
    if isinstance(function, Reason):
        return function
    order = [one.arg for one in function.args.args]
    found: dict[str, list[list[_Passed]]] = {}
    for place in texts:
        if name not in _text_of(texts, place) or (other := parsed(texts, place)) is None:
            continue
        passed = [_passed(call, function.args) for call in calls_of(other, place, file, name)]
        found[place] = [one for one in passed if one is not None]
    usual = _usual([call for calls in found.values() for call in calls])
    changes: dict[str, str] = {}
    for place, calls in found.items():
        # A test's calls count, but what judges the change stays as it is.
        if is_protected(place):
            continue
        raw = texts[place].encode()
        edits = [edit for call in calls for edit in _edits(raw, call, order, usual)]
        made = edited(raw, edits).decode()
        # Parentheses over several lines are not visible beside an argument, and a name within them does not parse.
        if edits and parsed({place: made}, place) is not None:
            changes[place] = made
    return changes


def _text_of(texts: SourceTexts, place: str) -> str:
    """Return a file's text; empty if it is not UTF-8 or its lines are not counted as editors do."""
    try:
        text = texts[place]
    except UnicodeDecodeError:
        return ""
    return "" if "\r" in text.replace("\r\n", "\n") or "\f" in text else text


def _callee(tree: ast.Module, name: str, options: IntentOptions) -> ast.FunctionDef | ast.AsyncFunctionDef | Reason:
    found = [one for one in tree.body if getattr(one, "name", None) == name]
    stored = [one for one in ast.walk(tree) if isinstance(one, ast.Name) and one.id == name]
    rebound = any(isinstance(one.ctx, ast.Store | ast.Del) for one in stored)
    if len(found) != 1 or rebound or not isinstance(found[0], ast.FunctionDef | ast.AsyncFunctionDef):
        return Reason(
            ReasonCode.UNSUPPORTED, f"{name!r} is not one function of the module, so its calls are not known."
        )
    function = found[0]
    if function.args.vararg is not None:
        return Reason(ReasonCode.UNSUPPORTED, f"{name} takes any number of arguments by position.")
    words = {ast.unparse(one).partition("(")[0].rpartition(".")[2] for one in function.decorator_list}
    if words - _TRANSPARENT and options.level == SafetyLevel.SAFE:
        return Reason(ReasonCode.UNSAFE, f"A decorator of {name} may see how its arguments are passed.")
    return function


def _passed(call: ast.Call, args: ast.arguments) -> list[_Passed] | None:
    """Return the arguments of a call by parameter, in their order; None where one is unpacked or unknown."""
    places = [*args.posonlyargs, *args.args]
    if any(isinstance(one, ast.Starred) for one in call.args) or len(call.args) > len(places):
        return None
    if any(one.arg is None for one in call.keywords):
        return None
    found = [_Passed(place.arg, value, None) for place, value in zip(places, call.args, strict=False)]
    return found + [_Passed(one.arg or "", one.value, one) for one in call.keywords]


def _usual(calls: Sequence[Sequence[_Passed]]) -> dict[str, bool]:
    """Return per parameter whether most calls pass it by position; a tie decides nothing."""
    counts: Counter[tuple[str, bool]] = Counter((one.parameter, one.keyword is None) for call in calls for one in call)
    names = {name for name, _ in counts}
    return {name: counts[name, True] > counts[name, False] for name in names
            if counts[name, True] != counts[name, False]}  # fmt: skip


def _edits(raw: bytes, call: Sequence[_Passed], order: Sequence[str], usual: Mapping[str, bool]) -> list[Edit]:
    """Return the edits of one call, or none if the order of evaluation would change."""
    by_place: list[bool] = []
    edits: list[Edit] = []
    for number, one in enumerate(call):
        if one.parameter not in order:
            by_place.append(one.keyword is None)
            continue
        wished = usual.get(one.parameter, one.keyword is None)
        # An argument can be positional only if nothing passed by name precedes it, and its place is its parameter's.
        fits = all(by_place) and _place(call, number, order) == order.index(one.parameter)
        by_place.append(wished and fits)
        if by_place[-1] != (one.keyword is None):
            edit = _edit(raw, one)
            if edit is None:
                return []
            edits.append(edit)
    return edits


def _place(call: Sequence[_Passed], number: int, order: Sequence[str]) -> int:
    """Return how many of the parameters that can be named precede an argument."""
    return sum(one.parameter in order for one in call[:number])


def _edit(raw: bytes, one: _Passed) -> Edit | None:
    lines = raw.split(b"\n")
    value = one.value
    if one.keyword is None:
        before = lines[value.lineno - 1][: value.col_offset].rstrip()
        depth = before[:-1].rstrip()[-1:] if before.endswith(b"(") else b""
        alone = before.endswith(b",") or not before or (before.endswith(b"(") and depth not in {b"(", b",", b""})
        if not alone or isinstance(value, ast.GeneratorExp):
            return None
        return Edit(value.lineno, value.col_offset, value.lineno, value.col_offset, f"{one.parameter}=")
    node = one.keyword
    start = lines[node.lineno - 1][node.col_offset :]
    head, equals, rest = start.partition(b"=")
    if not equals or head.strip() != one.parameter.encode() or not rest.strip():
        return None
    width = len(head) + 1 + len(rest) - len(rest.lstrip())
    return Edit(node.lineno, node.col_offset, node.lineno, node.col_offset + width, "")


def _find(texts: SourceTexts, files: Sequence[str], options: IntentOptions) -> Sequence[TargetGroup]:
    """Return the functions of modules."""
    del options
    return [(f"{file}::{one.name}",) for file in files for one in functions_of(texts, file) if "." not in one.name]


DEFINITION = Intent(
    name="normalise_calls",
    about="Pass each parameter as most calls do.",
    options=IntentOptions,
    change=_change,
    find=_find,
    after=("remove_duplication", "reduce_complexity"),
)
