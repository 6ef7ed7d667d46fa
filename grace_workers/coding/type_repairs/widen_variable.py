"""A variable that is bound to values of two types: its first binding names both."""

import ast
import re
from collections.abc import Iterator

from grace_workers.coding.functions import Defined
from grace_workers.coding.rewriting.declaring import bindings, declared, name_of
from grace_workers.coding.rewriting.typed_module import Scope, TypedModule, targets_of
from grace_workers.coding.type_check import TypeMessage
from grace_workers.coding.type_repairs.type_repair import TypeProposal, TypeRepair

_TWO = re.compile(r"Incompatible types in assignment \(expression has type .*, variable has type ")
_BASE = re.compile(
    r'Incompatible types in assignment \(expression has type .*, base class "(\w+)" defined the type as '
)


def _propose(message: TypeMessage, module: TypedModule) -> Iterator[TypeProposal]:
    node = module.statement(message.line)
    names = [] if node is None else [name_of(target) for target, _ in targets_of(node)]
    if len(names) != 1 or not names[0]:
        return
    base = _BASE.match(message.text)
    if base is not None and base[1] in module.classes:
        yield from _first(module, [module.classes[base[1]]], names[0])
    elif _TWO.match(message.text):
        scopes = module.scopes(message.line)
        owner, dot, attribute = names[0].partition(".")
        if not dot:
            yield from _first(module, [scopes[-1]], names[0])
        elif owner == "self" and (classes := [one for one in scopes if isinstance(one, ast.ClassDef)]):
            yield from _attribute(module, classes[-1], attribute)


def _attribute(module: TypedModule, owner: ast.ClassDef, name: str) -> Iterator[TypeProposal]:
    methods = [one for one in owner.body if isinstance(one, Defined)]
    if list(bindings(owner, name)):
        yield from _first(module, [owner], name)
    else:
        yield from _first(module, methods, f"self.{name}")


def _first(
    module: TypedModule, scopes: list[ast.ClassDef] | list[Defined] | list[Scope], name: str
) -> Iterator[TypeProposal]:
    found = [(scope, node, value) for scope in scopes for node, value in bindings(scope, name)]
    if found:
        values = tuple(value for _, _, value in found if value is not None)
        whole = values if len(values) == len(found) else ()
        yield from declared(module, found[0][0], found[0][1], name, whole)


DEFINITION = TypeRepair(
    name="widen_variable",
    about="Let a variable that is bound to values of two types say so where it begins.",
    codes=frozenset({"assignment"}),
    propose=_propose,
    example=(
        "def f(x: str) -> None:\n    best = None\n    best = x\n    best = 1\n",
        4,
        'Incompatible types in assignment (expression has type "int", variable has type "str")  [assignment]',
        "def f(x: str) -> None:\n    best: int = None\n    best = x\n    best = 1\n",
    ),
)
