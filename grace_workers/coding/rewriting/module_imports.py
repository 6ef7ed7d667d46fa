"""What the modules of a repository import from each other, and where the names of a module come from."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from grace_workers.coding.rewriting.callers import dotted_name, parsed


class ModuleImports:
    """The imports of a repository's files."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._files = {dotted_name(name, texts): name for name in texts}

    def origins(self, file: str) -> dict[str, str]:
        """Return the dotted name of everything that a file's module level binds, as far as it can be told."""
        module = dotted_name(file, self._texts)
        found: dict[str, str] = {}
        tree = parsed(self._texts, file)
        for node in tree.body if tree is not None else ():
            for name, origin in self._bound(node, file, module):
                found[name] = "" if name in found and found[name] != origin else origin
        return found

    def reaches(self, file: str, other: str) -> bool:
        """Return whether importing `file` imports `other`."""
        seen = {file}
        pending = [file]
        while pending:
            for one in self._imported(pending.pop()):
                if one == other:
                    return True
                if one not in seen:
                    seen.add(one)
                    pending.append(one)
        return False

    def _imported(self, file: str) -> Iterator[str]:
        try:
            tree = parsed(self._texts, file)
        except UnicodeDecodeError:
            return
        for node in ast.walk(tree) if tree is not None else ():
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [one.name for one in node.names]
            elif isinstance(node, ast.ImportFrom):
                base = self._absolute(node, file)
                names = [base, *(f"{base}.{one.name}" for one in node.names)]
            for name in names:
                steps = name.split(".")
                for cut in range(1, len(steps) + 1):
                    known = self._files.get(".".join(steps[:cut]))
                    if known is not None:
                        yield known

    def _absolute(self, node: ast.ImportFrom, file: str) -> str:
        if not node.level:
            return node.module or ""
        folder = PurePosixPath(file).parent
        for _ in range(node.level - 1):
            folder = folder.parent
        above = dotted_name((folder / "__init__.py").as_posix(), self._texts)
        return ".".join(one for one in (above, node.module or "") if one)

    def _bound(self, node: ast.stmt, file: str, module: str) -> Iterator[tuple[str, str]]:
        if isinstance(node, ast.Import):
            yield from ((one.asname or one.name.partition(".")[0],
                         one.name if one.asname else one.name.partition(".")[0]) for one in node.names)  # fmt: skip
        elif isinstance(node, ast.ImportFrom):
            base = self._absolute(node, file)
            yield from ((one.asname or one.name, f"{base}.{one.name}") for one in node.names)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, f"{module}.{node.name}"
        else:
            for one in ast.walk(node):
                if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store):
                    yield one.id, f"{module}.{one.id}"
                elif isinstance(one, ast.Import | ast.ImportFrom):
                    yield from self._bound(one, file, module)
