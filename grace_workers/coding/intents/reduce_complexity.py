"""Split a function with too many branches: parts of it become functions beside it until none has too many."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import Field

from grace_workers.coding.extraction.calls import ModuleCalls, called_in
from grace_workers.coding.extraction.extract import BlockExtraction, extract
from grace_workers.coding.extraction.spot import first_line, last_line
from grace_workers.coding.extraction.text import names_in
from grace_workers.coding.functions import Defined, FunctionIndex
from grace_workers.coding.intents.intent import Intent, IntentOptions, SourceTexts, TargetGroup
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.rewriting.callers import functions_of, imported_into
from grace_workers.coding.rewriting.complexity import complexity_of
from grace_workers.coding.rewriting.type_keeping import keeping_types

_MOST_TRIED, _MOST_PARTS = 60, 30
_WORDS: Mapping[type[ast.stmt], str] = {
    ast.If: "branch",
    ast.For: "loop",
    ast.AsyncFor: "loop",
    ast.While: "loop",
    ast.Try: "attempt",
    ast.With: "scope",
    ast.AsyncWith: "scope",
    ast.Match: "choice",
}


class ComplexityOptions(IntentOptions):
    """How complex a function may be, by McCabe's measure with Boolean operators and comprehensions."""

    max_complexity: int = Field(default=15, ge=2, le=1000)


def _change(texts: SourceTexts, targets: Sequence[str], options: ComplexityOptions) -> Mapping[str, str] | Reason:
    file, _, function = targets[0].partition("::")
    source, most = texts[file], options.max_complexity
    for _ in range(_MOST_PARTS):
        try:
            found = FunctionIndex(source.encode()).named(function)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            return Reason(ReasonCode.UNREADABLE, f"The file does not parse: {str(error) or 'it nests too deeply'}.")
        if found is None or found.node is None:
            return Reason(ReasonCode.UNREADABLE, f"There is no function {function!r} in {file}.")
        if complexity_of(found.node) <= most:
            return {file: source}
        after = _smaller(source, found.node, most, _Place(file, function, texts))
        if after is None:
            break
        source = after
    else:
        return Reason(ReasonCode.NOT_EXTRACTABLE, f"{function} would fall into more than {_MOST_PARTS} parts.")
    message = (
        f"No part of {function} that is left and does not recurse can be moved so that its complexity falls to {most}."
    )
    return Reason(ReasonCode.NOT_EXTRACTABLE, message)


@dataclass(frozen=True, slots=True)
class _Place:
    """A function of a file, by its name."""

    file: str
    function: str
    texts: SourceTexts


def _smaller(source: str, node: Defined, most: int, place: _Place) -> str | None:
    """Return the module with one part of the function moved, the largest that may be a function; None if none can."""
    now = complexity_of(node)
    tree = ast.parse(source)
    taken, cycle = names_in(tree), ModuleCalls.of(tree).cycle(node.name)
    # Each level of a recursion through a new function would need one frame more, so less depth would be left.
    parts = sorted(
        (part for part in _parts(node) if not called_in(part) & cycle),
        key=lambda part: (-_weight(part), len(part), part[0].lineno),
    )
    for part in [one for one in parts if 1 + _weight(one) <= most][:_MOST_TRIED]:
        name = _name(place.function, part, taken)
        asked = BlockExtraction(first_line(part[0]), last_line(part[-1]), name, place.function)
        made = extract(source, asked, imported_into(place.texts, place.file))
        if isinstance(made, Reason):
            continue
        index = FunctionIndex(made.encode())
        left, new = index.named(place.function), next((one for one in index.all if one.bare == name), None)
        if left is None or new is None or left.node is None or new.node is None:
            continue
        if complexity_of(left.node) < now and complexity_of(new.node) <= most:
            return made
    return None


def _parts(node: Defined) -> Iterator[Sequence[ast.stmt]]:
    """Yield the runs of statements that can be moved: one compound statement, or neighbours within a block."""
    for block in _blocks(node):
        for start in range(len(block)):
            for end in range(start + 1, len(block) + 1):
                run = block[start:end]
                whole = block is node.body and len(run) == len(block)
                if not whole and type(run[0]) in _WORDS and type(run[-1]) in _WORDS and _weight(run) > 1:
                    yield run


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
            yield block
            for one in block:
                if not isinstance(one, Defined | ast.ClassDef):
                    yield from _blocks(one)
    for inner in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        yield from _blocks(inner)


def _weight(part: Sequence[ast.stmt]) -> int:
    return sum(complexity_of(one) - 1 for one in part)


def _name(function: str, part: Sequence[ast.stmt], taken: set[str]) -> str:
    bare = function.rpartition(".")[2].strip("_")
    stem = f"_{bare}_{_WORDS[type(part[0])] if len(part) == 1 else 'part'}"
    numbers = ("", *(f"_{number}" for number in range(2, 1000)))
    return next(f"{stem}{number}" for number in numbers if f"{stem}{number}" not in taken)


def _find(texts: SourceTexts, files: Sequence[str], options: ComplexityOptions) -> Sequence[TargetGroup]:
    """Return the functions that are too complex."""
    return [
        (f"{file}::{one.name}",)
        for file in files
        for one in functions_of(texts, file)
        if one.node is not None and complexity_of(one.node) > options.max_complexity
    ]


DEFINITION = Intent(
    name="reduce_complexity",
    about="Move parts of a function to functions beside it until none is too complex.",
    options=ComplexityOptions,
    change=keeping_types(_change),
    find=_find,
    after=("remove_duplication",),
)
