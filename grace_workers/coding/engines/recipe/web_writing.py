"""An endpoint put where it belongs: after the routes of a module, or into a new router that the application gets."""

import ast
from collections.abc import Iterator, Mapping, Sequence

from grace_workers.coding.engines.recipe.insertion import after, imported, module_name
from grace_workers.coding.engines.recipe.web_application import imports_of
from grace_workers.coding.engines.recipe.web_habits import RoutePlace, WebHabits, stem_of
from grace_workers.coding.recipes.recipe import Module


def placed(
    habits: WebHabits, place: RoutePlace, text: str, needs: Sequence[str]
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return new files and changed ones with the text of an endpoint, and the imports that it needs."""
    if place.known is None:
        return _with_router(habits, place, text, needs)
    whole = place.known.text
    if place.after is not None:
        whole = after(whole, place.after.node, f"\n\n{text}")
    else:
        whole = f"{whole.rstrip()}\n\n\n{text}"
    missing = [one for one in needs if not _is_imported(place.known, one)]
    rows = _grouped(missing, habits.app.framework.name.lower()).replace("\n\n", "\n")
    return {}, {place.file: imported(whole, rows) if rows else whole}


def shadowed(module: Module, name: str, imports: Sequence[str]) -> str | None:
    """Return which of the new names the module has for something else already."""
    bound = set(_bound(module.tree))
    missing = [one.rpartition(" ")[2] for one in imports if not _is_imported(module, one)]
    return next((one for one in (name, *missing) if one in bound), None)


def _bound(tree: ast.Module) -> Iterator[str]:
    """Yield the names that a module binds at its top level."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((one.asname or one.name).partition(".")[0] for one in node.names)
        else:
            yield from (
                one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
            )


def _is_imported(module: Module, row: str) -> bool:
    """Return whether the module has what `from SOURCE import NAME` gives, at its top level."""
    _, source, _, name = row.split(" ")
    top = Module(module.file, module.text, ast.Module([one for one in module.tree.body if _is_import(one)], []))
    return imports_of(top).get(name) == f"{source}.{name}"


def _is_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


def _with_router(
    habits: WebHabits, place: RoutePlace, text: str, needs: Sequence[str]
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return a new module with a router, and the application's that includes it."""
    framework, stem = habits.app.framework, stem_of(place.file)
    given = [f'"{stem}", __name__'] if framework.name == "Flask" else []
    given += [f'{framework.prefix}="{place.own}"'] if place.own else []
    given += [f'tags=["{stem}"]'] if habits.tagged and framework.name == "FastAPI" else []
    rows = _grouped([f"from {framework.name.lower()} import {framework.router}", *needs], framework.name.lower())
    head = f'"""Routes below `{place.begins}`."""' if place.begins else f'"""Routes of `{stem}`."""'
    whole = f"{head}\n\n{rows}\n\n{place.owner} = {framework.router}({', '.join(given)})\n\n\n{text}"
    return {place.file: whole}, {habits.app.home.file: _including(habits, place)}


def _including(habits: WebHabits, place: RoutePlace) -> str:
    """Return the application's module, with the router known to it."""
    app, known_as = habits.app, f"{stem_of(place.file)}_{place.owner}"
    node = app.inclusions[-1].node if app.inclusions else app.node
    indent = " " * node.col_offset
    prefix = f', {app.framework.prefix}="{place.given}"' if place.given else ""
    statement = f"from {module_name(place.file)} import {place.owner} as {known_as}"
    row = f"{indent}{app.name}.{app.framework.include}({known_as}{prefix})\n"
    if habits.local_imports:
        return after(app.home.text, node, f"\n{indent}{statement}\n\n{row}")
    return imported(after(app.home.text, node, row), statement)


def _grouped(rows: Sequence[str], framework: str) -> str:
    """Return imports in groups: the standard library, the framework, the code's own; names of one module together."""
    names: dict[str, set[str]] = {}
    for row in rows:
        _, source, _, name = row.split(" ")
        names.setdefault(source, set()).add(name)
    order = ({"typing"}, {framework}, names.keys() - {"typing", framework})
    groups = [[f"from {one} import {', '.join(sorted(names[one]))}" for one in sorted(group & names.keys())]
              for group in order]  # fmt: skip
    return "\n\n".join("\n".join(group) for group in groups if group)
