"""Text put into a Python file at a place that its syntax tree gives; everything else stays byte for byte."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from grace_workers.coding.engines.reproduction.trouble import module_of
from grace_workers.coding.functions import FunctionIndex
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.recipes.recipe import Module, Site

MadeBy = tuple[Module, ast.Assign | ast.AnnAssign, str]
"""A module, its statement that makes an application, and the application's name."""


def module_name(file: str) -> str:
    """Return the dotted name that a file is imported by."""
    return module_of(file)


def made_by(site: Site, *classes: str) -> Sequence[MadeBy]:
    """Return every place where a module itself makes an instance of one of these classes."""
    return tuple(_made_by(site, frozenset(classes)))


def application(site: Site, kind: str, file: str | None) -> MadeBy | Reason:
    """Return the only application of a kind, or the one of `file`; or why there is not exactly one."""
    places = [one for one in made_by(site, kind) if file in {None, one[0].file}]
    if len(places) == 1:
        return places[0]
    if not places:
        return Reason(ReasonCode.NOT_FOUND, f"No module makes a {kind} application at its top level.")
    found = ", ".join(one[0].file for one in places)
    words = f"Several files make a {kind} application: {found}; name one as `application`."
    return Reason(ReasonCode.AMBIGUOUS, words)


def plain_function(site: Site, path: str) -> tuple[Module, ast.FunctionDef] | Reason:
    """Return the function that `FILE::FUNCTION` names, with its module; or why it has none of that kind."""
    file, _, function = path.partition("::")
    module = site.module(file)
    found = None if module is None else FunctionIndex(module.text.encode()).named(function)
    if module is None or found is None or not isinstance(found.node, ast.FunctionDef):
        return Reason(ReasonCode.NOT_FOUND, f"{file} has no function {function!r} that is not asynchronous.")
    return module, found.node


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """A new module `file`, imported as `name`, beside the one that makes an application, which gets what is in it."""

    home: Module
    node: ast.stmt
    app: str
    file: str
    name: str

    @property
    def facts(self) -> Mapping[str, str]:
        """The application's module and name, for tests."""
        return {"module": module_name(self.home.file), "app": self.app}

    def known(self, lines: str, names: str) -> Mapping[str, str]:
        """Return the application's module with these lines after the application, and these names imported."""
        text = after(self.home.text, self.node, lines)
        return {self.home.file: imported(text, f"from {self.name} import {names}")}


def extension(
    site: Site, kind: str, application_file: str | None, stem: str, *, route: str | None = None
) -> Extension | Reason:
    """Return a module of that stem for the application, if the code has no such route; `application` says which."""
    place = application(site, kind, application_file)
    if isinstance(place, Reason):
        return place
    if route and any(f'"{route}' in one.text or f"'{route}" in one.text for one in site.modules):
        return Reason(ReasonCode.COLLISION, f"The code has a route {route} already, or one below it.")
    file = site.beside(place[0].file, f"{stem}.py")
    return Extension(home=place[0], node=place[1], app=place[2], file=file, name=module_name(file))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoration:
    """A function, and a new module `file`, imported as `name`, beside its own, with a decorator for it."""

    module: Module
    node: ast.FunctionDef
    file: str
    name: str

    def known(self, line: str, names: str) -> str:
        """Return the function's module with this line above the function, and these names imported."""
        text = before(self.module.text, self.node.lineno, f"{' ' * self.node.col_offset}{line}\n")
        return imported(text, f"from {self.name} import {names}")


def decoration(site: Site, path: str, stem: str, *, generator: str, decorated: str) -> Decoration | Reason:
    """Return a module of that stem for the function that `FILE::FUNCTION` names, if it can be decorated.

    `generator` and `decorated` end the sentences about one whose calls are more than calls, or decorated already.
    """
    found = plain_function(site, path)
    if isinstance(found, Reason):
        return found
    function = path.partition("::")[2]
    if any(isinstance(one, ast.Yield | ast.YieldFrom) for one in ast.walk(found[1])):
        return Reason(ReasonCode.UNSUPPORTED, f"{function} is a generator, {generator}.")
    if found[1].decorator_list:
        return Reason(ReasonCode.UNSUPPORTED, f"{function} has decorators already; {decorated}.")
    file = site.beside(found[0].file, f"{stem}.py")
    return Decoration(module=found[0], node=found[1], file=file, name=module_name(file))


def _made_by(site: Site, classes: frozenset[str]) -> Iterator[MadeBy]:
    for module in site.modules:
        for node in module.tree.body:
            if not isinstance(node, ast.Assign | ast.AnnAssign) or not isinstance(node.value, ast.Call):
                continue
            named = node.targets[0] if isinstance(node, ast.Assign) else node.target
            called = node.value.func
            if ast.unparse(called).rpartition(".")[2] in classes and isinstance(named, ast.Name):
                yield module, node, named.id


def after(text: str, node: ast.stmt, lines: str) -> str:
    """Return the text with whole lines after a statement."""
    rows = text.splitlines(keepends=True)
    at = node.end_lineno or node.lineno
    return "".join([*_ended(rows[:at]), lines, *rows[at:]])


def before(text: str, line: int, lines: str) -> str:
    """Return the text with whole lines before a line, which counts from 1."""
    rows = text.splitlines(keepends=True)
    return "".join([*_ended(rows[: line - 1]), lines, *rows[line - 1 :]])


def imported(text: str, statement: str) -> str:
    """Return the text with an import after its last one at the top level, or after its docstring."""
    tree = ast.parse(text)
    last: ast.stmt | None = None
    for place, node in enumerate(tree.body):
        is_words = place == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if is_words or isinstance(node, ast.Import | ast.ImportFrom):
            last = node
        elif not _may_precede_imports(node):
            break
    if last is None:
        return f"{statement}\n{text}"
    gap = "" if isinstance(last, ast.Import | ast.ImportFrom) else "\n"
    return after(text, last, f"{gap}{statement}\n")


def _may_precede_imports(node: ast.stmt) -> bool:
    """Return whether imports may still follow: statements such as `if TYPE_CHECKING:` and `try: import …`."""
    return isinstance(node, ast.If | ast.Try) and all(
        isinstance(one, ast.Import | ast.ImportFrom | ast.Pass) for one in node.body
    )


def _ended(rows: list[str]) -> list[str]:
    return rows if not rows or rows[-1].endswith("\n") else [*rows[:-1], f"{rows[-1]}\n"]
