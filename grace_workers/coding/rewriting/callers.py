"""Finds the calls of a module's function in the whole repository, if they certainly reach it by name or by module."""

import ast
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from grace_workers.coding.extraction.scope import locals_of
from grace_workers.coding.functions import Defined, Function, FunctionIndex

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def module_names(file: str) -> set[str]:
    """Return the dotted names under which a file may be imported: from the root, and from below `src` or `lib`."""
    parts = list(PurePosixPath(file).with_suffix("").parts)
    if parts[-1] == "__init__":
        parts.pop()
    names = {".".join(parts)}
    if parts and parts[0] in {"src", "lib"}:
        names.add(".".join(parts[1:]))
    return names - {""}


def dotted_name(file: str, names: Container[str]) -> str:
    """Return the name that a file is imported by, as far up as there are packages among `names`."""
    path = PurePosixPath(file)
    steps = [path.stem] if path.stem != "__init__" else []
    folder = path.parent
    while (folder / "__init__.py").as_posix() in names and folder.name:
        steps.insert(0, folder.name)
        folder = folder.parent
    return ".".join(steps)


def calls_of(tree: ast.Module, file: str, callee: str, name: str) -> Iterator[ast.Call]:
    """Yield the calls in `file` of the function `name` that `callee` defines, without those that a local name hides."""
    spoken = _spoken(tree, file, callee, name)
    for node, hidden in _walk(tree, frozenset()):
        if isinstance(node, ast.Call):
            text = _dotted(node.func)
            if text in spoken and text.partition(".")[0] not in hidden:
                yield node


def _spoken(tree: ast.Module, file: str, callee: str, name: str) -> set[str]:
    """Return how the file calls the function: by its own name, an imported one, or through its module."""
    if file == callee:
        return {name}
    modules = module_names(callee)
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            found |= {f"{one.asname or one.name}.{name}" for one in node.names if one.name in modules}
        elif isinstance(node, ast.ImportFrom):
            origins = origins_of(node.module or "", node.level, file)
            for one in node.names:
                if one.name == name and origins & modules:
                    found.add(one.asname or one.name)
                elif {f"{origin}.{one.name}" for origin in origins} & modules:
                    found.add(f"{one.asname or one.name}.{name}")
    rebound = [one for one in ast.walk(tree) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)]
    return {one for one in found if one.partition(".")[0] not in {name.id for name in rebound}}


def origins_of(module: str, level: int, file: str) -> set[str]:
    """Return the names of the module that a file imports from, with as many dots before it as `level`."""
    if not level:
        return {module}
    package = PurePosixPath(file).parent
    for _ in range(level - 1):
        package = package.parent
    above = module_names(f"{package.as_posix()}/__init__.py")
    return {f"{one}.{module}" if module else one for one in above}


def _walk(node: ast.AST, hidden: frozenset[str]) -> Iterator[tuple[ast.AST, frozenset[str]]]:
    for child in ast.iter_child_nodes(node):
        within = hidden | locals_of(child) if isinstance(child, _FUNCTIONS) else hidden
        yield child, within
        yield from _walk(child, within)


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (above := _dotted(node.value)):
        return f"{above}.{node.attr}"
    return ""


def parsed(texts: Mapping[str, str], file: str) -> ast.Module | None:
    """Return the tree of a file; None if it is not UTF-8 or does not parse."""
    try:
        return ast.parse(texts[file])
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def functions_of(texts: Mapping[str, str], file: str) -> Sequence[Function]:
    """Return the functions of a file, in their order; none if it is not UTF-8 or does not parse."""
    if parsed(texts, file) is None:
        return ()
    return [one for one in FunctionIndex(texts[file].encode()).all if one.node is not None]


def imported_into(texts: Mapping[str, str], file: str) -> Callable[[str], Defined | None]:
    """Return what finds the function of another file that a name of this file certainly is imported as."""

    def find(name: str) -> Defined | None:
        tree = parsed(texts, file)
        bound = [
            (node, alias)
            for node in (() if tree is None else ast.walk(tree))
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
            if (alias.asname or alias.name) == name
        ]
        if len(bound) != 1:
            return None
        node, alias = bound[0]
        origins, wanted = origins_of(node.module or "", node.level, file), alias.name
        places = [one for one in texts if one.endswith(".py") and module_names(one) & origins]
        found = [one for place in places if (tree := parsed(texts, place)) for one in tree.body]
        named = [one for one in found if isinstance(one, Defined) and one.name == wanted]
        return named[0] if len(places) == len(named) == 1 else None

    return find
