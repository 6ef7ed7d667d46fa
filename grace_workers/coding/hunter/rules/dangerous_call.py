"""Calls that run code from a text or from foreign bytes."""

import ast
from collections.abc import Callable, Iterator, Mapping

from grace_workers.coding.hunter.hunter_rule import Danger, HunterRule
from grace_workers.coding.hunter.inspected import Inspected, TextKind

_ALWAYS: Mapping[str, str] = {
    "os.system": "os.system gives a text to a shell",
    "os.popen": "os.popen gives a text to a shell",
    "subprocess.getoutput": "subprocess.getoutput gives a text to a shell",
    "subprocess.getstatusoutput": "subprocess.getstatusoutput gives a text to a shell",
    "commands.getoutput": "commands.getoutput gives a text to a shell",
    "pty.spawn": "pty.spawn gives a program a terminal",
    "pickle.load": "pickle.load runs what the bytes say",
    "pickle.loads": "pickle.loads runs what the bytes say",
    "cPickle.loads": "cPickle.loads runs what the bytes say",
    "dill.loads": "dill.loads runs what the bytes say",
    "marshal.loads": "marshal.loads makes code of bytes",
    "shelve.open": "shelve.open unpickles what the file says",
    "yaml.unsafe_load": "yaml.unsafe_load makes any object that the text names",
    "yaml.full_load": "yaml.full_load makes objects that the text names",
    "jsonpickle.decode": "jsonpickle.decode makes any object that the text names",
    "ssl._create_unverified_context": "this context verifies no certificate",
}
_SHELLS = frozenset(f"subprocess.{name}" for name in ("run", "call", "check_call", "check_output", "Popen"))
_EVALUATORS = frozenset({"eval", "exec"})
_SAFE_LOADERS = ("SafeLoader", "CSafeLoader", "BaseLoader")


def _look(text: Inspected) -> Iterator[Danger]:
    known = _imported(text)
    for node in text.nodes():
        if isinstance(node, ast.Call):
            why = _why(_name(node.func, known), node)
            if why is not None:
                yield node.lineno, why


def _why(name: str, call: ast.Call) -> str | None:
    if name in _ALWAYS:
        return _ALWAYS[name]
    for applies, test, why in _TESTS:
        if applies(name) and test(call):
            return why.format(name=name)
    return None


def _is_evaluated(call: ast.Call) -> bool:
    """Return whether what is evaluated is made at run time; a constant shows what it does."""
    return bool(call.args) and not isinstance(call.args[0], ast.Constant)


def _says(call: ast.Call, name: str, value: object) -> bool:
    given = [one.value for one in call.keywords if one.arg == name]
    return any(isinstance(one, ast.Constant) and one.value is value for one in given)


def _loads_anything(call: ast.Call) -> bool:
    loaders = [*call.args[1:], *(one.value for one in call.keywords if one.arg == "Loader")]
    return not any(ast.unparse(one).endswith(_SAFE_LOADERS) for one in loaders)


_TESTS: tuple[tuple[Callable[[str], bool], Callable[[ast.Call], bool], str], ...] = (
    (_EVALUATORS.__contains__, _is_evaluated, "{name} runs a text that is made at run time"),
    (
        _SHELLS.__contains__,
        lambda call: _says(call, "shell", value=True),
        "{name} with shell=True gives a text to a shell",
    ),
    ("yaml.load".__eq__, _loads_anything, "yaml.load without a safe loader makes any object that the text names"),
    (
        lambda name: name.startswith(("requests.", "httpx.")),
        lambda call: _says(call, "verify", value=False),
        "{name} with verify=False verifies no certificate",
    ),
)


def _imported(text: Inspected) -> dict[str, str]:
    """Return what local names refer to."""
    known: dict[str, str] = {}
    for node in text.nodes():
        if isinstance(node, ast.Import):
            known.update((one.asname, one.name) for one in node.names if one.asname)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            known.update((one.asname or one.name, f"{node.module}.{one.name}") for one in node.names)
    return known


def _name(called: ast.expr, known: Mapping[str, str]) -> str:
    parts: list[str] = []
    while isinstance(called, ast.Attribute):
        parts.append(called.attr)
        called = called.value
    if not isinstance(called, ast.Name):
        return ""
    whole = ".".join([known.get(called.id, called.id), *reversed(parts)])
    return whole.removeprefix("builtins.").removeprefix("six.moves.")


DEFINITION = HunterRule(
    name="dangerous_call",
    danger="A call that runs what a text or foreign bytes say: eval, a shell, pickle, an unsafe YAML loader.",
    kinds=frozenset({TextKind.PYTHON}),
    look=_look,
    finds={
        "eval(request.args['x'])": TextKind.PYTHON,
        "import os as o\no.system('rm ' + name)": TextKind.PYTHON,
        "from subprocess import run\nrun(f'ls {x}', shell=True)": TextKind.PYTHON,
        "from pickle import loads\nloads(data)": TextKind.PYTHON,
        "import yaml\nyaml.load(text)": TextKind.PYTHON,
        "import requests\nrequests.get(url, verify=False)": TextKind.PYTHON,
    },
    spares={
        "import subprocess\nsubprocess.run(['ls', name], check=True)": TextKind.PYTHON,
        "import yaml\nyaml.load(text, Loader=yaml.SafeLoader)": TextKind.PYTHON,
        "model.eval()": TextKind.PYTHON,
        "import pickle\npickle.dumps(x)": TextKind.PYTHON,
        "import ast\nast.literal_eval(text)": TextKind.PYTHON,
    },
)
