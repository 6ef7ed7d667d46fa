"""Which room may import which, as DESIGN draws it and pyproject declares it."""

import subprocess
import sys
import tomllib

from tests.architecture.house import PACKAGE, ROOT, product, rooms

BESIDE = {"__main__"}


def test_every_contract_is_kept():
    code = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_contract_makes_an_exception():
    for contract in _contracts():
        assert not [key for key in contract if key.startswith("ignore") or key == "unmatched_ignore_imports_alerting"]


def test_every_room_and_every_module_beside_them_has_its_layer():
    layers = next(contract["layers"] for contract in _contracts() if contract["type"] == "layers")
    named = {name.strip(" ()") for layer in layers for name in layer.split("|")}
    beside = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    assert beside == BESIDE
    assert rooms() | beside <= named


def test_no_driver_reaches_a_room_below_the_adapters():
    contract = next(contract for contract in _contracts() if contract["name"] == "drivers stay at the edge")
    guarded = {name.removeprefix("grace_workers.") for name in contract["source_modules"]}
    assert guarded == rooms() - {"adapters", "bootstrap", "discoveries", "drivers", "entrypoints", "settings"}


def test_drivers_do_not_import_each_other():
    offences = [
        f"{source.place} imports {name}"
        for source in product()
        if source.room == "drivers"
        for name in source.imports
        if name.startswith("grace_workers.drivers.") and _kind(name) not in {_kind(source.module), "_shared"}
    ]
    assert offences == []


def _kind(module):
    return module.split(".")[2] if module.count(".") > 1 else ""


def _contracts():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
