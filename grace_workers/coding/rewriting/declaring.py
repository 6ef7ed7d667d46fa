"""Where the type of a variable or an attribute is written: at its first binding, above it, or in the class's body."""

import ast
from collections.abc import Iterator

from grace_workers.coding.functions import Defined
from grace_workers.coding.rewriting.typed_module import Scope, TypedModule, statements_of, targets_of
from grace_workers.coding.type_repairs.type_repair import TypeProposal


def name_of(target: ast.expr) -> str:
    """Return the name that a target binds, with `self.` before an attribute's; empty if it binds something else."""
    if isinstance(target, ast.Name):
        return target.id
    if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
        return f"{target.value.id}.{target.attr}"
    return ""


def bindings(scope: Scope, name: str) -> Iterator[tuple[ast.stmt, ast.expr | None]]:
    """Yield the statements of a scope that bind a name, and the values."""
    for node in statements_of(scope):
        for target, value in targets_of(node):
            if name_of(target) == name:
                yield node, value


def declared(
    module: TypedModule, scope: Scope, node: ast.stmt, name: str, values: tuple[ast.expr, ...]
) -> Iterator[TypeProposal]:
    """Propose a type for a name at a statement that binds it: behind the name, or on a line above."""
    where = scope if not isinstance(scope, ast.ClassDef) or module.is_plain(scope) else None
    if where is None or not module.begins_line(node):
        return
    evaluated = not isinstance(scope, Defined) and not module.bare
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and name_of(node.targets[0]) == name:
        target = node.targets[0]
        line, column = target.end_lineno or target.lineno, target.end_col_offset or 0
        yield TypeProposal(line=line, column=column, before=": ", typed=True, values=values, evaluated=evaluated)
        return
    indent = module.lines[node.lineno - 1].encode()[: node.col_offset].decode()
    before, after = f"{indent}{name}: ", "\n"
    yield TypeProposal(
        line=node.lineno, column=0, before=before, after=after, typed=True, values=values, evaluated=evaluated
    )


def declared_in_class(
    module: TypedModule, owner: ast.ClassDef, name: str, values: tuple[ast.expr, ...]
) -> Iterator[TypeProposal]:
    """Propose a type for an attribute in its class's body, below the docstring and the slots."""
    if not module.is_plain(owner) or owner.body[0].lineno <= _header_end(owner) or name in _declared(owner):
        return
    line = 0
    for number, one in enumerate(owner.body):
        docstring = number == 0 and isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)
        if docstring or _is_slots(one) or isinstance(one, ast.AnnAssign):
            line = one.end_lineno or one.lineno
        else:
            break
    indent = module.lines[owner.body[0].lineno - 1].encode()[: owner.body[0].col_offset].decode()
    place = line + 1 if line else _above(module, owner)
    yield TypeProposal(
        line=place, column=0, before=f"{indent}{name}: ", after="\n", typed=True, values=values,
        evaluated=not module.bare,
    )  # fmt: skip


def _above(module: TypedModule, owner: ast.ClassDef) -> int:
    """Return the first line of a class's body, with the comments above its first statement."""
    first = owner.body[0]
    decorators = first.decorator_list if isinstance(first, ast.ClassDef | Defined) else []
    line = min([first.lineno, *(one.lineno for one in decorators)])
    while line - 1 > _header_end(owner) and module.lines[line - 2].lstrip().startswith("#"):
        line -= 1
    return line


def _header_end(owner: ast.ClassDef) -> int:
    ends = [one.end_lineno or one.lineno for one in owner.bases]
    return max([owner.lineno, *ends])


def _is_slots(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and any(name_of(one) == "__slots__" for one in node.targets)


def _declared(owner: ast.ClassDef) -> set[str]:
    return {name_of(one.target) for one in owner.body if isinstance(one, ast.AnnAssign)}
