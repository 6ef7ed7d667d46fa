"""The package as these tests see it: its files, rooms and definitions, read from the sources and never imported."""

import ast
from collections.abc import Iterator
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "grace_workers"
TESTS = ROOT / "tests"

CATALOGS = {
    "driver": PACKAGE / "drivers",
    "primitive": PACKAGE / "actions" / "primitives",
    "check": PACKAGE / "checks",
    "rule": PACKAGE / "diagnosis" / "rules",
    "engine": PACKAGE / "diagnosis" / "engines",
    "gate": PACKAGE / "governance" / "gates",
    "source": PACKAGE / "signals" / "sources",
    "trigger": PACKAGE / "signals" / "triggers",
    "coding_task": PACKAGE / "coding" / "tasks",
    "hunter_rule": PACKAGE / "coding" / "hunter" / "rules",
    "cycle": PACKAGE / "cycles" / "programmes",
    "indicator": PACKAGE / "cycles" / "indicators",
    "job": PACKAGE / "orchestration" / "work" / "jobs",
    "topic": PACKAGE / "orchestration" / "events" / "topics",
    "kernel": PACKAGE / "fleet" / "kernels",
    "intent": PACKAGE / "coding" / "intents",
    "named_plan": PACKAGE / "coding" / "plans",
    "recipe": PACKAGE / "coding" / "recipes",
    "operation": PACKAGE / "coding" / "operations",
    "type_repair": PACKAGE / "coding" / "type_repairs",
    "optimisation": PACKAGE / "coding" / "optimisations",
    "operator": PACKAGE / "coding" / "engines" / "repair" / "operators",
    "diagnostic": PACKAGE / "orchestration" / "diagnostics",
    "page": PACKAGE / "entrypoints" / "dashboard" / "pages",
    "lever": PACKAGE / "cycles" / "levers",
    "weak_spot": PACKAGE / "cycles" / "weak_spots",
    "proposal": PACKAGE / "cycles" / "improvements" / "kinds",
    "forge": PACKAGE / "drivers" / "git" / "forges",
    "notifier": PACKAGE / "adapters" / "notify" / "kinds",
    "discovery": PACKAGE / "discoveries" / "kinds",
}
"""The folders of definitions, by the word for one."""


def definitions(label: str) -> list[Path]:
    """Return where the definitions of a kind are: a file each, or a folder if one needs more than a file.

    The file that is named like the kind says what a definition is.
    """
    folder = CATALOGS[label]
    folders = [path.parent for path in folder.glob("[a-z]*/__init__.py")]
    return sorted(path for path in (*folder.glob("[a-z]*.py"), *folders) if path.stem != label)


Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


class Source:
    """One Python file: its path, and its text and tree, each read when first asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def text(self) -> str:
        """The text."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed text."""
        return ast.parse(self.text, filename=str(self.path))

    @property
    def place(self) -> str:
        """The path below the repository, as messages show it."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def module(self) -> str:
        """The dotted name."""
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def room(self) -> str:
        """The room of the package that the file belongs to, or its own name if it is in none."""
        return self.path.relative_to(PACKAGE).with_suffix("").parts[0]

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the tree, kept: many tests ask for all, and a walk costs more than the memory."""
        return tuple(ast.walk(self.tree))

    @cached_property
    def definitions(self) -> tuple[Definition, ...]:
        """Every class and function, including inner ones."""
        return tuple(node for node in self.nodes if isinstance(node, Definition))

    @cached_property
    def functions(self) -> tuple[ast.FunctionDef | ast.AsyncFunctionDef, ...]:
        """Every function and method."""
        return tuple(node for node in self.definitions if not isinstance(node, ast.ClassDef))

    @cached_property
    def imports(self) -> tuple[str, ...]:
        """The dotted name of everything imported; for `from a import b`, that of `b`."""
        return tuple(name for node in self.nodes for name in _imported(node))

    @cached_property
    def calls(self) -> tuple[tuple[str, ast.Call], ...]:
        """Every call with the called expression as written."""
        return tuple((ast.unparse(node.func), node) for node in self.nodes if isinstance(node, ast.Call))


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (name.name for name in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield from (f"{node.module}.{name.name}" for name in node.names)


def product() -> tuple[Source, ...]:
    """Return the files of the package."""
    return _read(PACKAGE)


def migrations() -> tuple[Source, ...]:
    """Return the files of the migrations."""
    return _read(ROOT / "migrations")


def suites() -> tuple[Source, ...]:
    """Return the files of the tests."""
    return _read(TESTS)


def everything() -> tuple[Source, ...]:
    """Return all of them."""
    return product() + migrations() + suites()


@cache
def rooms() -> frozenset[str]:
    """Return the names of the package's rooms."""
    return frozenset(path.parent.name for path in PACKAGE.glob("*/__init__.py"))


@cache
def _read(folder: Path) -> tuple[Source, ...]:
    return tuple(Source(path) for path in sorted(folder.rglob("*.py")))
