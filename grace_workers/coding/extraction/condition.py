"""A condition becomes a predicate: a function that returns a bool, which the statement then calls."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grace_workers.coding.extraction.boundary import BoundaryFinder
from grace_workers.coding.extraction.extract import NameOrder, place_of, step_of_indent
from grace_workers.coding.extraction.flow_graph import TooManySteps
from grace_workers.coding.extraction.hazards import refuse_hazards
from grace_workers.coding.extraction.receiver import Receiver, receiver_of, refuse_name
from grace_workers.coding.extraction.refusal import ExtractionRefused
from grace_workers.coding.extraction.scope import own_nodes
from grace_workers.coding.extraction.spot import Spot, bodies_of, first_line
from grace_workers.coding.extraction.taken_types import parameter_types, with_types
from grace_workers.coding.extraction.text import ModuleText, indented, inside_strings, names_in
from grace_workers.coding.reason import Reason

Conditional = ast.If | ast.While | ast.Assert
_BOOLEAN_CALLS = {"bool", "isinstance", "issubclass", "hasattr", "callable", "any", "all"}


@dataclass(frozen=True, slots=True)
class ConditionExtraction:
    """The statement whose condition becomes a predicate, by its first line, and the predicate's name."""

    line: int
    name: str
    function: str | None = None


def extract_condition(source: str, asked: ConditionExtraction) -> str | Reason:
    """Return the module with the condition in a predicate, or why it stays where it is."""
    try:
        return _extracted(ModuleText.read(source), asked)
    except ExtractionRefused as refused:
        return refused.reason
    except (TooManySteps, RecursionError):
        return ExtractionRefused("The function is too large to be analysed.").reason


def _extracted(text: ModuleText, asked: ConditionExtraction) -> str:
    spot = _find(text, asked.line)
    if asked.function not in {None, spot.name}:
        raise ExtractionRefused(f"The line is in {spot.name}, not in {asked.function}.")
    function, (statement,) = spot.function, spot.block
    test = statement.test if isinstance(statement, Conditional) else None
    if test is None:
        raise ExtractionRefused(f"No if, while or assert statement begins at line {asked.line}.")
    taken = names_in(text.tree)
    refuse_name(asked.name, text.tree, taken)
    refuse_hazards(function, [test])
    _refuse_more_than_truth([test])
    receiver = receiver_of(spot, [test], module_level=False)
    inputs = BoundaryFinder(function, [test]).find().inputs
    order = NameOrder(function)
    arguments = [one for one in sorted(inputs, key=order) if one != receiver.through]
    return _written(text, spot, test, receiver, _Predicate(asked.name, arguments))


@dataclass(frozen=True, slots=True)
class _Predicate:
    name: str
    arguments: Sequence[str]


def _find(text: ModuleText, line: int) -> Spot:
    found = list(_statements(text.tree.body, (), line))
    if not found:
        raise ExtractionRefused(f"No statement begins at line {line}.")
    return found[0]


def _statements(
    body: Sequence[ast.stmt], path: tuple[tuple[Sequence[ast.stmt], ast.stmt], ...], line: int
) -> Iterator[Spot]:
    for node in body:
        if node.lineno == line and isinstance(node, Conditional):
            yield Spot((node,), path)
        for below in bodies_of(node):
            yield from _statements(below, (*path, (body, node)), line)


def _refuse_more_than_truth(test: Sequence[ast.expr]) -> None:
    for node in own_nodes(test):
        if isinstance(node, ast.NamedExpr):
            raise ExtractionRefused(f"The condition binds {node.target.id!r}.")
        if isinstance(node, ast.Yield | ast.YieldFrom):
            raise ExtractionRefused("The condition yields.")


def _written(text: ModuleText, spot: Spot, test: ast.expr, receiver: Receiver, predicate: _Predicate) -> str:
    end_line, end = test.end_lineno or test.lineno, test.end_col_offset or 0
    waits = any(isinstance(one, ast.Await) or getattr(one, "is_async", 0) for one in own_nodes([test]))
    name = f"{receiver.through}.{predicate.name}" if receiver.through else predicate.name
    call = f"{'await ' if waits else ''}{name}({', '.join(predicate.arguments)})"
    first = text.lines[test.lineno - 1].encode()[: test.col_offset].decode()
    rest = text.lines[end_line - 1].encode()[end:].decode()
    outer = text.indent(first_line(receiver.before))
    inner = outer + step_of_indent(text, spot.function)
    arguments = with_types(predicate.arguments, parameter_types(spot))
    parameters = [*([receiver.through] if receiver.through else []), *arguments]
    result = " -> bool" if spot.function.returns is not None else ""
    head = [outer + receiver.decorator] if receiver.decorator else []
    head.append(f"{outer}{'async ' if waits else ''}def {predicate.name}({', '.join(parameters)}){result}:")
    body = _body(text, test, inner)
    lines = list(text.lines)
    lines[test.lineno - 1 : end_line] = [first + call + rest]
    place = place_of(text, receiver)
    lines[place:place] = [*head, *body, *([""] if outer else ["", ""])]
    return text.joined(lines)


def _body(text: ModuleText, test: ast.expr, inner: str) -> list[str]:
    end_line, end = test.end_lineno or test.lineno, test.end_col_offset or 0
    moved = text.slice(test.lineno, test.col_offset, end_line, end)
    boolean = _is_boolean(test)
    if not boolean:
        moved = f"bool({moved})"
    elif "\n" in moved:
        moved = f"({moved})"
    rows = f"return {moved}".split("\n")
    old = text.indent(test.lineno)
    return [inner + rows[0], *indented(rows[1:], test.lineno + 1, old, inner, inside_strings([test]))]


def _is_boolean(node: ast.expr) -> bool:
    """Return whether the expression always gives a bool."""
    if isinstance(node, ast.BoolOp):
        return all(_is_boolean(one) for one in node.values)
    if isinstance(node, ast.Compare):
        return all(isinstance(one, ast.Is | ast.IsNot | ast.In | ast.NotIn) for one in node.ops)
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in _BOOLEAN_CALLS
    if isinstance(node, ast.Constant):
        return isinstance(node.value, bool)
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
