"""The file of tests as a person would write it: cases of one function in a table, everything else by its name."""

import ast
import io
import re
import tokenize
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from grace_workers.coding.engines.suite_writing.attempted import Attempted, free_names

_WIDE = 100
_TABLE = 2
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+")

Shape = tuple[str, int, tuple[str, ...], str]


@dataclass(frozen=True, slots=True)
class _Written:
    """A test: its name, its lines, and the names it takes from the module."""

    name: str
    lines: tuple[str, ...]
    names: frozenset[str]


def file_of_tests(
    module: str,
    kept: Sequence[Attempted],
    parameters: Mapping[str, Sequence[str]],
    standard: Collection[str] = (),
) -> str:
    """Return the text of a file of tests.

    `parameters` are the names of each function's parameters, and `standard` the modules of the standard library that
    have no namesake in the module.
    """
    procedures = procedures_of(kept)
    written = _named([one for group in _groups(kept) for one in _tests(group, parameters, procedures)])
    names = sorted(frozenset().union(*(one.names for one in written)), key=str.lower)
    body = "\n\n\n".join("\n".join(one.lines) for one in written)
    used = [f"import {name}\n" for name in names if name in standard]
    blocks = ["".join(used), "import pytest\n" if "pytest." in body else "", _import(module, names, standard)]
    head = "\n".join(one for one in (f'"""Tests of {module}."""\n', *blocks) if one)
    return _requoted(f"{head}\n\n{body}\n")


def draft_file(module: str, tried: Sequence[Attempted], standard: Collection[str] = ()) -> str:
    """Return a file with a test for each call, named by its place."""
    procedures = procedures_of(tried)
    bodies = [one.body(procedure=one.operation in procedures) for one in tried]
    names = sorted(frozenset().union(*(_needed(body) for body in bodies)))
    tests = [_function(f"test_{place}", body) for place, body in enumerate(bodies)]
    used = "".join(f"import {name}\n" for name in names if name in standard)
    return f"{used}import pytest\n{_import(module, names, standard)}\n" + "".join(
        "\n".join(one) + "\n\n" for one in tests
    )


def procedures_of(tried: Sequence[Attempted]) -> frozenset[str]:
    """Return the operations that never return anything but None."""
    values = {one.operation for one in tried if not one.raises and not one.is_procedure}
    return frozenset(one.operation for one in tried if one.is_procedure and one.operation not in values)


def _groups(kept: Sequence[Attempted]) -> Iterator[list[Attempted]]:
    """Yield what belongs into one test: calls of one function with the same arguments and kind of result."""
    groups: dict[tuple[object, ...], list[Attempted]] = defaultdict(list)
    for place, one in enumerate(kept):
        shape = _shape(one)
        groups[shape if shape is not None else (place,)].append(one)
    yield from groups.values()


def _shape(one: Attempted) -> Shape | None:
    """Return what calls must share to stand in one table; None if this one stands alone."""
    call = _plain_call(one)
    if call is None or one.after or one.setup or one.form in {"", "is_a"}:
        return None
    if not f"{one.operation}.".endswith(f"{ast.unparse(call.func)}."):
        return None  # an example of a docstring, as `list(pairs(3))`
    form = "equal" if one.form == "is" else one.form
    return one.call.partition("(")[0], len(call.args), tuple(str(word.arg) for word in call.keywords), form


def _plain_call(one: Attempted) -> ast.Call | None:
    node = ast.parse(one.call, mode="eval").body
    plain = isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute)
    return node if plain and not any(isinstance(part, ast.Starred) for part in getattr(node, "args", ())) else None  # type: ignore[return-value]


def _tests(
    group: Sequence[Attempted], parameters: Mapping[str, Sequence[str]], procedures: frozenset[str]
) -> Iterator[_Written]:
    first = group[0]
    if len(group) < _TABLE or first.operation in procedures:
        yield from (_single(one, procedure=one.operation in procedures) for one in group)
    else:
        yield _table(group, parameters.get(first.operation, ()))


def _single(one: Attempted, *, procedure: bool) -> _Written:
    body = one.body(procedure=procedure)
    return _Written(_name(one), tuple(_function("{}", body)), _needed(body))


def _table(group: Sequence[Attempted], known: Sequence[str]) -> _Written:
    """Return one test over a table of arguments and results."""
    first = group[0]
    calls = [call for one in group if (call := _plain_call(one)) is not None]
    words = [str(word.arg) for word in calls[0].keywords]
    count = len(calls[0].args)
    places = [*known[:count], *(f"argument_{number + 1}" for number in range(len(known[:count]), count))]
    result = "message" if first.raises else "expected"
    shown = not first.raises or all(one.text for one in group)
    columns = [*places, *words, *([_free(result, [*places, *words])] if shown else [])]
    whole_rows = [
        [*(ast.unparse(part) for part in call.args), *(ast.unparse(word.value) for word in call.keywords), one.text]
        for one, call in zip(group, calls, strict=True)
    ]
    # Without a message in each row there is no column for it.
    rows = [row[: len(columns)] for row in whole_rows]
    given = ", ".join([*places, *(f"{word}={word}" for word in words)])
    whole = f"{first.call.partition('(')[0]}({given})"
    if first.raises:
        match = f", match={columns[-1]}" if shown else ""
        body = [f"with pytest.raises({first.raises}{match}):", f"    {whole}"]
    else:
        comparison = first.comparison(whole, columns[-1]) if first.form != "is" else f"{whole} == {columns[-1]}"
        body = [f"assert {comparison}"]
    table = _parametrised(columns, rows)
    lines = (*table, *_function("{}", body, ", ".join(columns)))
    used = [*body, *(f"({', '.join(row)},)" for row in rows)]
    return _Written(_name(first), lines, _needed(used) - set(columns))


def _parametrised(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    if len(columns) == 1:
        names, texts = f'"{columns[0]}"', [row[0] for row in rows]
    else:
        names = "(" + ", ".join(f'"{one}"' for one in columns) + ")"
        texts = [f"({', '.join(row)})" for row in rows]
    one_line = f"@pytest.mark.parametrize({names}, [{', '.join(texts)}])"
    if len(one_line) <= _WIDE:
        return [one_line]
    return ["@pytest.mark.parametrize(", f"    {names},", "    [", *(f"        {one}," for one in texts), "    ],", ")"]


def _function(name: str, body: Sequence[str], parameters: str = "") -> list[str]:
    return [f"def {name}({parameters}):", *(f"    {line}" for line in body)]


def _name(one: Attempted) -> str:
    """Return the name of a test: what is called, after what, and what it raises."""
    words = _snake(one.operation.replace("__", ""))
    steps = [_step(step) for step in one.setup[1:]]
    after = f"_after_{'_and_'.join(dict.fromkeys(filter(None, steps)))}" if any(steps) else ""
    ending = f"_raises_{_snake(one.raises)}" if one.raises else "_changes_its_argument" if _changes(one) else ""
    return f"test_{words}{after}{ending}"


def _changes(one: Attempted) -> bool:
    return len(one.setup) == 1 and bool(one.after) and "." not in one.operation and one.form != "is_a"


def _step(statement: str) -> str:
    found = re.search(r"\.(\w+)\(", statement)
    return found.group(1).strip("_") if found else ""


def _snake(name: str) -> str:
    return "_".join(part.lower() for part in _PARTS.findall(name))


def _named(tests: Sequence[_Written]) -> list[_Written]:
    """Return the tests with their names in their text, and a number where a name is there already."""
    seen: dict[str, int] = defaultdict(int)
    made = []
    for one in tests:
        seen[one.name] += 1
        name = one.name if seen[one.name] == 1 else f"{one.name}_{seen[one.name]}"
        lines = tuple(line.replace("def {}(", f"def {name}(", 1) for line in one.lines)
        made.append(_Written(name, lines, one.names))
    return made


def _needed(body: Sequence[str]) -> frozenset[str]:
    return free_names(body) - {"pytest"}


def _requoted(text: str) -> str:
    """Return the source with double quotes around the texts that contain none, as formatters write them."""
    rows = text.splitlines(keepends=True)
    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    for token in reversed(tokens):
        inner = token.string.removeprefix("b")[1:-1]
        short = token.type == tokenize.STRING and token.start[0] == token.end[0]
        if short and token.string.removeprefix("b").startswith("'") and not {'"', "\\"} & set(inner):
            row, (start, end) = token.start[0] - 1, (token.start[1], token.end[1])
            prefix = "b" if token.string.startswith("b") else ""
            rows[row] = f'{rows[row][:start]}{prefix}"{inner}"{rows[row][end:]}'
    return "".join(rows)


def _free(name: str, taken: Sequence[str]) -> str:
    return name if name not in taken else f"{name}_value"


def _import(module: str, needed: Sequence[str], standard: Collection[str]) -> str:
    names = [name for name in needed if name not in standard]
    if not names:
        return f"import {module}\n"
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= _WIDE:
        return f"{line}\n"
    return f"from {module} import (\n" + "".join(f"    {name},\n" for name in names) + ")\n"
