"""An empty collection whose items mypy cannot tell: its variable gets a type."""

import re
from collections.abc import Iterator

from grace_workers.coding.rewriting.declaring import bindings, declared, name_of
from grace_workers.coding.rewriting.typed_module import TypedModule, targets_of
from grace_workers.coding.type_check import TypeMessage
from grace_workers.coding.type_repairs.type_repair import TypeProposal, TypeRepair

_NEEDED = re.compile(r'Need type annotation for "(\w+)"')


def _propose(message: TypeMessage, module: TypedModule) -> Iterator[TypeProposal]:
    found = _NEEDED.match(message.text)
    node = module.statement(message.line)
    if found is None or node is None:
        return
    scope = module.scopes(message.line)[-1]
    for target, _ in targets_of(node):
        name = name_of(target)
        if name.rpartition(".")[2] == found[1]:
            values = tuple(value for _, value in bindings(scope, name) if value is not None)
            yield from declared(module, scope, node, name, values[:1])
            return


DEFINITION = TypeRepair(
    name="annotate_variable",
    about="Give a variable that begins as an empty collection its type.",
    codes=frozenset({"var-annotated"}),
    propose=_propose,
    example=(
        "def f() -> None:\n    seen = []\n",
        2,
        'Need type annotation for "seen" (hint: "seen: list[<type>] = ...")  [var-annotated]',
        "def f() -> None:\n    seen: int = []\n",
    ),
)
