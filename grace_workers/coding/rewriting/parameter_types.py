"""What the parameters of new functions are: what mypy reveals of the arguments where they are called."""

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence

from grace_workers.coding.functions import Defined
from grace_workers.coding.patch import Edit
from grace_workers.coding.rewriting.annotation import fits, with_types
from grace_workers.coding.rewriting.revealed_type import Unwritable, WrittenType, read_type, union_of
from grace_workers.coding.rewriting.revealing import Place

Revealed = Mapping[Place, Sequence[str]]
_FUTURE = "from __future__ import annotations"


def arguments_of(source: str, names: Collection[str]) -> list[ast.expr]:
    """Return the arguments in all calls of functions with these names, which take them by their place."""
    return [one for call in _calls(ast.parse(source), names) for one in call.args]


def with_parameters(source: str, names: Collection[str], said: Revealed, module: str) -> str:
    """Return the module with the types of those functions' parameters that `said` tells, by where arguments are."""
    tree = ast.parse(source)
    bare = any(ast.unparse(one) == _FUTURE for one in tree.body)
    edits, types = [], []
    for node in ast.walk(tree):
        if isinstance(node, Defined) and node.name in names:
            for parameter, kind in _known(tree, node, said, module):
                if fits(source, kind):
                    text = kind.text if bare or kind.plain else f'"{kind.text}"'
                    line, column = parameter.end_lineno or parameter.lineno, parameter.end_col_offset or 0
                    edits.append(Edit(line, column, line, column, f": {text}"))
                    types.append(kind)
    return with_types(source, edits, types)


def _known(tree: ast.Module, node: Defined, said: Revealed, module: str) -> Iterator[tuple[ast.arg, WrittenType]]:
    calls = list(_calls(tree, {node.name}))
    given = {len(one.args) for one in calls}
    if len(given) != 1 or not calls[0].args:
        return
    parameters = node.args.args[-given.pop() :]
    for place, parameter in enumerate(parameters):
        told = [said.get((one.args[place].lineno, one.args[place].col_offset), ()) for one in calls]
        if parameter.annotation is None and all(told):
            try:
                members = [kind for texts in told for text in texts for kind in read_type(text, module)]
                yield parameter, union_of(members)
            except Unwritable:
                continue


def _calls(tree: ast.Module, names: Collection[str]) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
            if name in names and not node.keywords and not any(isinstance(one, ast.Starred) for one in node.args):
                yield node
