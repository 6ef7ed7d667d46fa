"""A name of the standard library that is used and not imported."""

import ast
import collections.abc
import re
import sys
import typing
from collections.abc import Iterator

from grace_workers.coding.rewriting.annotation import import_edit
from grace_workers.coding.rewriting.typed_module import TypedModule
from grace_workers.coding.type_check import TypeMessage
from grace_workers.coding.type_repairs.type_repair import TypeProposal, TypeRepair

_UNDEFINED = re.compile(r'Name "(\w+)" is not defined')


def _propose(message: TypeMessage, module: TypedModule) -> Iterator[TypeProposal]:
    found = _UNDEFINED.match(message.text)
    if found is None:
        return
    name = found[1]
    if name in typing.__all__ or name in collections.abc.__all__:
        place = "collections.abc" if name in collections.abc.__all__ else "typing"
        if module.bare or not _evaluated(module, name):
            yield TypeProposal(line=message.line, column=0, before="", needs={name: place})
        else:
            yield _imported(module, f"from {place} import {name}")
    elif name in sys.stdlib_module_names and _is_module(module, name):
        yield _imported(module, f"import {name}")


def _imported(module: TypedModule, row: str) -> TypeProposal:
    edit = import_edit(module.tree, row)
    return TypeProposal(line=edit.first, column=0, before=edit.text)


def _evaluated(module: TypedModule, name: str) -> bool:
    """Return whether the name stands outside strings and comments."""
    return any(isinstance(one, ast.Name) and one.id == name for one in ast.walk(module.tree))


def _is_module(module: TypedModule, name: str) -> bool:
    """Return whether the name is only used as a module is."""
    used = [one for one in ast.walk(module.tree) if isinstance(one, ast.Name) and one.id == name]
    owners = {id(one.value) for one in ast.walk(module.tree) if isinstance(one, ast.Attribute)}
    return bool(used) and all(isinstance(one.ctx, ast.Load) and id(one) in owners for one in used)


DEFINITION = TypeRepair(
    name="import_name",
    about="Import a name of the standard library that is used and not imported.",
    codes=frozenset({"name-defined"}),
    propose=_propose,
    example=(
        "import os\n\n\ndef f(x: Optional[int]) -> str:\n    return os.sep\n",
        4,
        'Name "Optional" is not defined  [name-defined]',
        "import os\nfrom typing import Optional\n\n\ndef f(x: Optional[int]) -> str:\n    return os.sep\n",
    ),
)
