"""An attribute that a class has by its slots, a method or a subclass, and that mypy does not see: it is declared."""

import ast
import re
from collections.abc import Iterator

from grace_workers.coding.functions import Defined
from grace_workers.coding.rewriting.declaring import bindings, declared_in_class, name_of
from grace_workers.coding.rewriting.typed_module import TypedModule, targets_of
from grace_workers.coding.type_check import TypeMessage
from grace_workers.coding.type_repairs.type_repair import TypeProposal, TypeRepair

_MISSING = re.compile(r'"(\w+)" has no attribute "(\w+)"')
_UNKNOWN = re.compile(r'Cannot determine type of "(\w+)"')


def _propose(message: TypeMessage, module: TypedModule) -> Iterator[TypeProposal]:
    missing, unknown = _MISSING.match(message.text), _UNKNOWN.match(message.text)
    around = [one for one in module.scopes(message.line) if isinstance(one, ast.ClassDef)]
    if missing is not None:
        owner, name = module.class_named(missing[1], message.line), missing[2]
    elif unknown is not None and around:
        owner, name = around[-1], unknown[1]
    else:
        return
    if owner is not None and _has(module, owner, name):
        methods = [one for one in owner.body if isinstance(one, Defined)]
        found = [value for one in methods for _, value in bindings(one, f"self.{name}")]
        values = tuple(one for one in found if one is not None)
        yield from declared_in_class(module, owner, name, values if len(values) == len(found) else ())


def _has(module: TypedModule, owner: ast.ClassDef, name: str) -> bool:
    """Return whether something shows that there is such an attribute."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ClassDef) and node is not owner and _derives(node, owner) and name in _bound(node):
            return True
        if isinstance(node, ast.stmt):
            for target, _ in targets_of(node):
                if isinstance(target, ast.Attribute) and target.attr == name:
                    return True
    return name in _slots(owner)


def _derives(node: ast.ClassDef, owner: ast.ClassDef) -> bool:
    return any(ast.unparse(one).partition("[")[0].rpartition(".")[2] == owner.name for one in node.bases)


def _bound(node: ast.ClassDef) -> set[str]:
    named = {one.name for one in node.body if isinstance(one, Defined)}
    return named | {name_of(target) for one in node.body for target, _ in targets_of(one)}


def _slots(node: ast.ClassDef) -> set[str]:
    for _, value in bindings(node, "__slots__"):
        if value is not None:
            return {
                one.value for one in ast.walk(value) if isinstance(one, ast.Constant) and isinstance(one.value, str)
            }
    return set()


_CLASS = 'from typing import Any\n\n\nclass A:\n    __slots__ = ("b",)\n'
_USE = "\n\ndef f(x: A) -> None:\n    x.b = x\n"

DEFINITION = TypeRepair(
    name="declare_attribute",
    about="Name an attribute in the body of the class that has it.",
    codes=frozenset({"attr-defined", "has-type"}),
    propose=_propose,
    example=(_CLASS + _USE, 9, '"A" has no attribute "b"  [attr-defined]', _CLASS + '    b: "Any"\n' + _USE),
)
