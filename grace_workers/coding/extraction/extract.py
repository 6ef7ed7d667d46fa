"""Extraction: a block of whole statements becomes a function, and a call takes its place."""

import ast
import io
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass

from grace_workers.coding.extraction.boundary import Boundary, BoundaryFinder, Exit
from grace_workers.coding.extraction.flow_graph import TooManySteps
from grace_workers.coding.extraction.hazards import refuse_hazards
from grace_workers.coding.extraction.leaving import LeavingProtocol, agree
from grace_workers.coding.extraction.receiver import Receiver, receiver_of, refuse_name
from grace_workers.coding.extraction.refusal import ExtractionRefused
from grace_workers.coding.extraction.scope import Function, locals_of, own_nodes, use_of
from grace_workers.coding.extraction.spot import Spot, find_block, first_line, last_line
from grace_workers.coding.extraction.stack_level import Elsewhere, lowered
from grace_workers.coding.extraction.taken_types import parameter_types, return_type, with_types
from grace_workers.coding.extraction.text import (
    ModuleText,
    free_name,
    global_names_in,
    indented,
    inside_strings,
    names_in,
)
from grace_workers.coding.reason import Reason


@dataclass(frozen=True, slots=True)
class BlockExtraction:
    """Which lines become a function of which name. `function`, if given, must be the one that contains them."""

    first_line: int
    last_line: int
    name: str
    function: str | None = None
    module_level: bool = False


def extract(source: str, asked: BlockExtraction, elsewhere: Elsewhere = lambda _: None) -> str | Reason:
    """Return the module with the block in its own function, or why it stays where it is.

    `elsewhere` returns functions of other modules by the names that they are imported as.
    """
    try:
        return _Extraction(ModuleText.read(source), asked, elsewhere).run()
    except ExtractionRefused as refused:
        return refused.reason
    except (TooManySteps, RecursionError):
        return ExtractionRefused("The function is too large to be analysed.").reason


class _Extraction:
    def __init__(self, text: ModuleText, asked: BlockExtraction, elsewhere: Elsewhere) -> None:
        before = find_block(text.tree, text.lines, asked.first_line, asked.last_line)
        self.text, self.asked = lowered(text, before.function, before.block, elsewhere), asked
        self.taken = names_in(self.text.tree)
        self.spot = find_block(self.text.tree, self.text.lines, asked.first_line, asked.last_line)
        self.function = self.spot.function
        if asked.function not in {None, self.spot.name}:
            raise ExtractionRefused(f"The lines are in {self.spot.name}, not in {asked.function}.")
        self.unit = step_of_indent(text, self.function)

    def run(self) -> str:
        block = self.spot.block
        # Attributes are no names of the module, so a method may become a function of the same name.
        taken = global_names_in(self.text.tree) if self.asked.module_level else self.taken
        refuse_name(self.asked.name, self.text.tree, taken)
        self._refuse_docstring()
        refuse_hazards(self.function, block)
        receiver = receiver_of(self.spot, block, module_level=self.asked.module_level)
        foreign = foreign_names(self.spot, block) if self.asked.module_level else set()
        boundary = BoundaryFinder(self.function, block, foreign).find()
        order = NameOrder(self.function)
        outputs = sorted(boundary.outputs, key=order)
        protocol = agree(boundary, outputs, may_return=not _is_asynchronous_generator(self.function))
        inputs = [one for one in sorted(boundary.inputs, key=order) if one != receiver.through]
        definition = self._definition(receiver, boundary, protocol, inputs)
        return self._written(receiver, definition, self._caller(receiver, boundary, protocol, inputs))

    def _refuse_docstring(self) -> None:
        if self.spot.block[0] is self.function.body[0] and ast.get_docstring(self.function, clean=False) is not None:
            raise ExtractionRefused("The lines hold the docstring of the function.")

    def _definition(
        self, receiver: Receiver, boundary: Boundary, protocol: LeavingProtocol, inputs: Sequence[str]
    ) -> list[str]:
        outer = self.text.indent(first_line(receiver.before))
        inner = outer + self.unit
        parameters = [
            *([receiver.through] if receiver.through else []),
            *with_types(inputs, parameter_types(self.spot)),
        ]
        keyword = "async def" if boundary.asynchronous else "def"
        head = [outer + receiver.decorator] if receiver.decorator else []
        head.append(f"{outer}{keyword} {self.asked.name}({', '.join(parameters)}){self._result(boundary, protocol)}:")
        ending = [inner + protocol.ending] if protocol.ending else []
        return [*head, *self._declarations(inner), *self._body(protocol, inner), *ending]

    def _result(self, boundary: Boundary, protocol: LeavingProtocol) -> str:
        """Return the type that the new function gives back: that of the target, if it returns what the target does."""
        same = protocol.form == "kept" and protocol.kinds == ("return",) and not boundary.generator
        told = return_type(self.spot) if same and protocol.valued else None
        return f" -> {told}" if told is not None else ""

    def _declarations(self, inner: str) -> list[str]:
        bound, whole = use_of(self.spot.block), use_of(self.function.body)
        stored = bound.binds | bound.unbinds
        declared = [("global", whole.declared_global & stored), ("nonlocal", whole.declared_nonlocal & stored)]
        if self.asked.module_level and declared[1][1]:
            raise ExtractionRefused(f"The block assigns the nonlocal name {min(declared[1][1])!r}.")
        return [f"{inner}{word} {', '.join(sorted(names))}" for word, names in declared if names]

    def _body(self, protocol: LeavingProtocol, inner: str) -> list[str]:
        first, last = self._range()
        lines = [line.encode() for line in self.text.lines[first - 1 : last]]
        exits: list[Exit] = sorted(protocol.boundary.exits, key=lambda one: (one.lineno, one.col_offset), reverse=True)
        for node in exits:
            end_line, end = node.end_lineno or node.lineno, node.end_col_offset or 0
            value = self._value(node)
            new = protocol.exit(node, value)
            if isinstance(node, ast.Return) and new == f"return {value}".rstrip():
                continue  # it stays as it is written
            start = node.lineno - first
            whole = lines[start][: node.col_offset] + new.encode() + lines[end_line - first][end:]
            lines[start : end_line - first + 1] = whole.split(b"\n")
        kept = inside_strings(self.spot.block)
        old = self.text.indent(first_line(self.spot.block[0]))
        return indented([line.decode() for line in lines], first, old, inner, kept)

    def _value(self, node: Exit) -> str:
        """Return the text after `return`, in parentheses if a list of values would otherwise be split."""
        if not isinstance(node, ast.Return) or node.value is None:
            return ""
        end_line, end = node.end_lineno or node.lineno, node.end_col_offset or 0
        text = self.text.slice(node.lineno, node.col_offset, end_line, end)[len("return") :].strip()
        loose = isinstance(node.value, ast.Yield | ast.YieldFrom) or (
            isinstance(node.value, ast.Tuple) and not _is_enclosed(text)
        )
        return f"({text})" if loose else text

    def _range(self) -> tuple[int, int]:
        """Return the lines that move: the statements, and the comments directly above them."""
        first, last = first_line(self.spot.block[0]), last_line(self.spot.block[-1])
        while first > self.asked.first_line and self.text.lines[first - 2].lstrip().startswith("#"):
            first -= 1
        return first, last

    def _caller(
        self, receiver: Receiver, boundary: Boundary, protocol: LeavingProtocol, inputs: Sequence[str]
    ) -> list[str]:
        name = f"{receiver.through}.{self.asked.name}" if receiver.through else self.asked.name
        call = f"{name}({', '.join(inputs)})"
        if boundary.generator:
            call = f"(yield from {call})" if protocol.form in {"flag", "kept"} else f"yield from {call}"
        elif boundary.asynchronous:
            call = f"await {call}"
        names = (free_name("leave", self.taken), free_name("result", self.taken))
        rows = protocol.caller(call, self.unit, names)
        indent = self.text.indent(first_line(self.spot.block[0]))
        return [indent + row for row in rows]

    def _written(self, receiver: Receiver, definition: Sequence[str], caller: Sequence[str]) -> str:
        lines = list(self.text.lines)
        first, last = self._range()
        lines[first - 1 : last] = caller
        place = place_of(self.text, receiver)
        blank = [""] * (1 if self.text.indent(first_line(receiver.before)) else 2)
        lines[place:place] = [*definition, *blank]
        return self.text.joined(lines)


def step_of_indent(text: ModuleText, function: Function) -> str:
    """Return one step of indentation, as in the function's body."""
    outer = text.indent(first_line(function))
    inner = text.indent(first_line(function.body[0]))
    return inner[len(outer) :] if inner.startswith(outer) and len(inner) > len(outer) else "    "


def place_of(text: ModuleText, receiver: Receiver) -> int:
    """Return the index of the line before which the new function goes: above overloads, setters and comments."""
    number = next(place for place, one in enumerate(receiver.body) if one is receiver.before)
    name = getattr(receiver.before, "name", "")
    while number and getattr(receiver.body[number - 1], "name", None) == name:
        number -= 1
    line = first_line(receiver.body[number]) - 1
    indent = text.indent(first_line(receiver.before))
    while line and text.lines[line - 1].startswith(f"{indent}#"):
        line -= 1
    return line


class NameOrder:
    """Names by their first position in a function: parameters first, then by place."""

    def __init__(self, function: Function) -> None:
        places: dict[str, tuple[int, int]] = {}
        for node in ast.walk(function):
            word = getattr(node, "arg", None) or getattr(node, "id", None) or getattr(node, "name", None)
            if isinstance(word, str) and isinstance(node, ast.expr | ast.stmt | ast.arg | ast.ExceptHandler):
                place = (node.lineno, node.col_offset)
                places[word] = min(places.get(word, place), place)
        self.places = places

    def __call__(self, name: str) -> tuple[tuple[int, int], str]:
        """Return the key to sort the name by."""
        return self.places.get(name, (1 << 30, 0)), name


def foreign_names(spot: Spot, moved: Sequence[ast.AST]) -> set[str]:
    """Return the outer functions' names that the code reads, to be passed as arguments to a function of the module."""
    use = use_of(moved)
    outer = [one for one in spot.scopes[:-1] if isinstance(one, Function)]
    own = locals_of(spot.function)
    names = set().union(*(locals_of(one) for one in outer)) & use.reads - own
    for one in outer:
        if shared := sorted(names & use_of(one.body).rebinds):
            raise ExtractionRefused(f"{shared[0]!r} of an outer function is assigned by a nested one.")
    return names


def _is_asynchronous_generator(function: Function) -> bool:
    yields = any(isinstance(one, ast.Yield) for one in own_nodes(function.body))
    return isinstance(function, ast.AsyncFunctionDef) and yields


def _is_enclosed(text: str) -> bool:
    """Return whether one pair of parentheses is around the whole text, as it is not around `(), ()`."""
    depth = 0
    words = [one for one in tokenize.generate_tokens(io.StringIO(text).readline) if one.string.strip()]
    for number, one in enumerate(words):
        if one.type == tokenize.OP:
            depth += (one.string in "([{") - (one.string in ")]}")
        if depth == 0:
            return number == len(words) - 1 and one.string == ")"
    return False
