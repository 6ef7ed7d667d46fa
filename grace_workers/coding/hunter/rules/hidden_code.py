"""Packed code that is unpacked and run."""

import ast
from collections.abc import Iterator

from grace_workers.coding.hunter.hunter_rule import Danger, HunterRule
from grace_workers.coding.hunter.inspected import Inspected, TextKind

_RUNS = frozenset({"exec", "eval", "compile", "__import__", "import_module"})
_UNPICKLERS = frozenset({"pickle", "cPickle", "dill", "marshal"})
_DECODES = frozenset({"b64decode", "b32decode", "b85decode", "a85decode", "urlsafe_b64decode"})
_UNPACKS = _DECODES | {"unhexlify", "fromhex", "decompress", "rot13"}


def _look(text: Inspected) -> Iterator[Danger]:
    for node in text.nodes():
        if isinstance(node, ast.Call) and (runs := _runs(node.func)):
            inner = [one for part in (*node.args, *node.keywords) for one in ast.walk(part)]
            unpacks = sorted({_last(one.func) for one in inner if isinstance(one, ast.Call)} & _UNPACKS)
            if unpacks:
                yield node.lineno, f"{runs} runs what {unpacks[0]} unpacks, so no one can read what it does"


def _runs(called: ast.expr) -> str:
    """Return the name of a call that runs its argument, and nothing for any other."""
    match called:
        case ast.Attribute(value=ast.Name(id=module), attr="loads") if module in _UNPICKLERS:
            return f"{module}.loads"
        case _:
            return name if (name := _last(called)) in _RUNS else ""


def _last(called: ast.expr) -> str:
    match called:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


DEFINITION = HunterRule(
    name="hidden_code",
    danger="Code that is packed as base64, hexadecimal or compressed bytes, and unpacked and run.",
    kinds=frozenset({TextKind.PYTHON}),
    look=_look,
    finds={
        "exec(base64.b64decode('cHJpbnQoMSk='))": TextKind.PYTHON,
        "eval(compile(zlib.decompress(bytes.fromhex('78')), 'x', 'exec'))": TextKind.PYTHON,
        "__import__(codecs.decode(bytes.fromhex('6f73').decode(), 'utf8'))": TextKind.PYTHON,
    },
    spares={
        "image = base64.b64decode(text)": TextKind.PYTHON,
        "json.loads(base64.b64decode(text))": TextKind.PYTHON,
        "compile(source, path, 'exec')": TextKind.PYTHON,
    },
)
