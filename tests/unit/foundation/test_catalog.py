import importlib
import sys
from pathlib import Path
from types import ModuleType
from uuid import uuid4

import pytest

from grace_workers.foundation.catalog import CatalogError, discover
from grace_workers.foundation.errors import NotFoundError

TOOL = """
class Tool:
    def __init__(self, name):
        self.name = name
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A package without definitions and with a unique name, so that no test sees what another imported."""
    name = f"tools_{uuid4().hex}"
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text(TOOL)
    monkeypatch.syspath_prepend(tmp_path)
    return importlib.import_module(name)


def write(package: ModuleType, stem: str, name: str = "", code: str = "") -> None:
    said = code or f"from {package.__name__} import Tool\nDEFINITION = Tool({name or stem!r})\n"
    (Path(str(package.__file__)).parent / f"{stem}.py").write_text(said)
    importlib.invalidate_caches()


def found(package, *, lazy=False):
    return discover(package, package.Tool, label="tool", lazy=lazy)


def test_definitions_come_in_the_order_of_their_names(package):
    for stem in ("saw", "axe", "drill"):
        write(package, stem)
    assert found(package).names == ("axe", "drill", "saw")


def test_a_module_with_an_underscore_or_the_name_of_the_kind_holds_no_definition(package):
    for stem in ("_sharpening", "tool"):
        write(package, stem, code="WORDS = 1\n")
    write(package, "axe")
    assert found(package).names == ("axe",)


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("", "WORDS = 1\n", r"axe: DEFINITION is not a tool \(Tool\); bind one"),
        ("hammer", "", "axe: DEFINITION is named 'hammer'; rename it or the file to match"),
        ("", "import no_such_steel\n", "axe: cannot be imported: No module named 'no_such_steel'; install what"),
    ],
)
def test_a_faulty_definition_is_named_at_once_or_when_a_lazy_catalog_is_asked_for_it(package, name, code, said):
    write(package, "axe", name, code)
    write(package, "saw")
    with pytest.raises(CatalogError, match=said):
        found(package)
    lazy = found(package, lazy=True)
    assert lazy["saw"].name == "saw"
    with pytest.raises(CatalogError, match=said):
        lazy["axe"]


def test_a_lazy_catalog_knows_all_names_and_imports_what_is_asked_for(package):
    for stem in ("axe", "saw"):
        write(package, stem)
    catalog = found(package, lazy=True)
    assert (catalog.names, len(catalog), "saw" in catalog, "nail" in catalog) == (("axe", "saw"), 2, True, False)
    assert f"{package.__name__}.saw" not in sys.modules
    assert catalog["saw"] is catalog["saw"]
    assert f"{package.__name__}.axe" not in sys.modules
    assert [one.name for one in catalog] == ["axe", "saw"]


def test_an_unknown_name_is_named_with_the_known_ones(package):
    write(package, "axe")
    with pytest.raises(NotFoundError, match="unknown tool 'nail'; known: axe"):
        found(package, lazy=True)["nail"]


def test_a_package_that_is_there_twice_counts_once(package, tmp_path, monkeypatch):
    write(package, "axe")
    for folder, value in (("shadowed", "other:SAW"), ("first", "more:SAW")):
        about = tmp_path / folder / "More_Tools-1.0.dist-info"
        about.mkdir(parents=True)
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: More_Tools\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text(f"[grace_workers.tool]\nsaw = {value}\n")
        monkeypatch.syspath_prepend(str(tmp_path / folder))
    assert found(package, lazy=True).names == ("axe", "saw")


def test_a_name_that_another_package_brings_too_is_refused(package, tmp_path):
    write(package, "axe")
    about = tmp_path / "other-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[grace_workers.tool]\naxe = other:AXE\n")
    importlib.invalidate_caches()
    with pytest.raises(CatalogError, match="other:AXE: tool 'axe' is defined twice; rename one"):
        found(package, lazy=True)
