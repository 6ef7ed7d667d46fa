"""The text of the files that a module is split into: what they import, what they define, and what is passed on."""

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from grace_workers.coding.rewriting.module_unit import ModuleUnit, is_for_types

_LONGEST = 100
_PRAGMAS = ("# mypy:", "# ruff: noqa", "# flake8: noqa", "# pylint:", "# pyright:", "# fmt: off", "# isort: skip_file")


@dataclass(frozen=True, slots=True)
class Part:
    """A new file beside the module: its name without a suffix, and what it defines."""

    name: str
    units: tuple[ModuleUnit, ...]

    @property
    def binds(self) -> frozenset[str]:
        """The names that it defines."""
        return frozenset().union(*(one.binds for one in self.units))

    @property
    def uses(self) -> frozenset[str]:
        """The names that it uses and does not define."""
        return frozenset().union(*(one.uses for one in self.units)) - self.binds


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitModule:
    """A module that is split: its lines, its imports, its loggers, its name for importers, and where parts are found.

    `prefix` is what stands before a part's name in an import, and `itself` is the module in one. What exists for type
    checkers only is `for_types`.
    """

    lines: Sequence[str]
    stem: str
    dotted: str
    prefix: str
    imports: Sequence[ModuleUnit]
    loggers: Sequence[ModuleUnit]
    itself: str
    for_types: Sequence[ModuleUnit] = ()
    exported: Collection[str] = field(default_factory=frozenset)

    def text_of(self, part: Part, earlier: Sequence[Part]) -> str:
        """Return the text of a new file."""
        loggers = [one for one in self.loggers if one.binds & part.uses]
        typed = [one for one in self.for_types if one.binds & part.uses and isinstance(one.node, ast.If)]
        tests = {ast.unparse(one.node.test).partition(".")[0] for one in typed if isinstance(one.node, ast.If)}
        uses = part.uses.union(tests, *(one.uses for one in loggers))
        head = [*self._pragmas(), f'"""A part of `{self.stem}`, which passes on its names."""', "", *self._future()]
        head += [row for one in self.imports for row in self._import(one, uses)]
        ours = [row for one in earlier for row in self._passed(one, one.binds & uses, plain=True)]
        ours += [row for one in typed for row in self._typed(one, uses)]
        head += ["", *ours] if ours and head[-1] else ours
        own_name = f'"{self.dotted}"'
        written = ["", *(ast.unparse(one.node).replace("__name__", own_name) for one in loggers)] if loggers else []
        rows = [*head, *written, *self._body(part.units)]
        return "\n".join([*_trimmed(rows), ""])

    def remainder(self, gone: Collection[ModuleUnit], parts: Sequence[Part], after: int) -> str:
        """Return the text of the module without the units that left it. The parts are imported after line `after`."""
        moved = {line for one in gone for line in range(one.first, one.last + 1)}
        passed = [row for one in parts for row in self._passed(one, one.binds)]
        rows: list[str] = []
        for number, row in enumerate(self.lines, 1):
            rows += [row] if number not in moved else []
            rows += ["", *passed, *self._gap(number, moved)] if number == after else []
        return "\n".join([*_trimmed(rows), ""])

    def _gap(self, line: int, moved: Collection[int]) -> list[str]:
        """Return an empty line where text follows the imports at once."""
        return [""] if line < len(self.lines) and line + 1 not in moved and self.lines[line].strip() else []

    def _body(self, units: Sequence[ModuleUnit]) -> list[str]:
        rows: list[str] = []
        for one in sorted(units, key=lambda unit: unit.first):
            text = self.lines[one.first - 1 : one.last]
            if not rows or not text[0].strip():
                rows += text
            else:
                rows += ["", *text]
        while rows and not rows[0].strip():
            rows.pop(0)
        return ["", "", *rows]

    def _pragmas(self) -> list[str]:
        head = [row for row in self.lines[: self.imports[0].first if self.imports else 3] if row.startswith("#")]
        return [row for row in head if row.lower().startswith(_PRAGMAS)]

    def _future(self) -> list[str]:
        nodes = [one.node for one in self.imports]
        found = [ast.unparse(one) for one in nodes if isinstance(one, ast.ImportFrom) and one.module == "__future__"]
        return [*found, ""] if found else []

    def _import(self, unit: ModuleUnit, uses: Collection[str]) -> Iterator[str]:
        """Yield the rows that import, of what a statement imports, the names in use."""
        node = unit.node
        if isinstance(node, ast.If):
            below = [row for one in node.body for row in self._imported(one, uses)]
            yield from [f"if {ast.unparse(node.test)}:", *(f"    {row}" for row in below)] if below else []
        elif not (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
            yield from self._imported(node, uses)

    def _imported(self, node: ast.stmt, uses: Collection[str]) -> list[str]:
        if not isinstance(node, ast.Import | ast.ImportFrom):
            return []
        wanted = [one for one in node.names if (one.asname or one.name.partition(".")[0]) in uses]
        if not wanted:
            return []
        row = self.lines[node.lineno - 1]
        comment = f"  #{row.partition('#')[2]}" if "#" in row else ""
        if isinstance(node, ast.Import):
            return [f"{ast.unparse(ast.Import([one]))}{comment}" for one in wanted]
        head = f"from {'.' * node.level}{node.module or ''} import "
        return _wrapped(head, [ast.unparse(one) for one in wanted], comment)

    def _typed(self, unit: ModuleUnit, uses: Collection[str]) -> list[str]:
        """Return the imports of what the module has for type checkers only; of what it imports, from the same place."""
        if not isinstance(unit.node, ast.If):
            return []
        wanted = unit.binds.intersection(uses)
        rows = [row for one in unit.node.body for row in self._imported(one, wanted)]
        imports = [one for one in unit.node.body if isinstance(one, ast.Import | ast.ImportFrom)]
        imported = {name.asname or name.name.partition(".")[0] for one in imports for name in one.names}
        rest = sorted(wanted - imported)
        rows += [f"from {self.itself} import {', '.join(rest)}"] if rest else []
        return [f"if {ast.unparse(unit.node.test)}:", *(f"    {row}" for row in rows)]

    def _passed(self, part: Part, names: Collection[str], *, plain: bool = False) -> list[str]:
        """Return the import of a part's names; what the module does not list in `__all__` is passed on explicitly."""
        if not names:
            return []
        words = [one if plain or one in self.exported else f"{one} as {one}" for one in sorted(names)]
        return _wrapped(f"from {self.prefix}{part.name} import ", words, "")


def exports_of(tree: ast.Module) -> set[str]:
    """Return the strings in the module's `__all__`."""
    lists = [one.value for one in tree.body if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == "__all__"]
    words = [node.value for one in lists for node in ast.walk(one) if isinstance(node, ast.Constant)]
    return {one for one in words if isinstance(one, str)}


def header_end(units: Sequence[ModuleUnit], docstring: int) -> int:
    """Return the last line of the imports at the beginning of the module; `docstring` is where its docstring ends."""
    end = docstring
    for one in units:
        if not one.is_import and not is_for_types(one.node):
            break
        end = one.last
    return end


def _wrapped(head: str, words: Sequence[str], comment: str) -> list[str]:
    row = f"{head}{', '.join(words)}{comment}"
    if len(row) <= _LONGEST:
        return [row]
    return [f"{head}({comment}", *(f"    {one}," for one in words), ")"]


def _trimmed(rows: Sequence[str]) -> list[str]:
    end = len(rows)
    while end and not rows[end - 1].strip():
        end -= 1
    return list(rows[:end])
