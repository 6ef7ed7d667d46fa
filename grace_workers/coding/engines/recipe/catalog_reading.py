"""The catalogs of this product as its installed source shows them: nothing of a catalog is imported."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PRODUCT = Path(__file__).parents[3]
_NAME = PRODUCT.name
_CALL = re.compile(r"\bdiscover\(\s*\w+,\s*\w+,\s*label=")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippedCatalog:
    """A catalog: the word for its kind, the package of its files, the class of its definitions, and who reads it."""

    label: str
    package: str
    kind: str
    kind_module: str
    reader: str

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return PRODUCT.parent.joinpath(*self.package.split("."))

    def names(self) -> Sequence[str]:
        """Return the names of what is shipped."""
        found = (*self.folder.glob("[a-z]*.py"), *(one.parent for one in self.folder.glob("[a-z]*/__init__.py")))
        return sorted(one.stem for one in found if one.stem != self.label)

    def source(self, name: str) -> str:
        """Return the file of a definition that is shipped."""
        file = self.folder / f"{name}.py"
        return (file if file.is_file() else self.folder / name / "__init__.py").read_text(encoding="utf-8")

    def contract(self) -> Mapping[str, bool]:
        """Return the fields of a definition, each with whether it must be given, those of base classes first."""
        return dict(_fields(self.kind_module, self.kind))


@cache
def shipped_catalogs() -> Mapping[str, ShippedCatalog]:
    """Return the catalogs by the words for their kinds, found by the calls that read them."""
    found = {one.label: one for file in sorted(PRODUCT.rglob("*.py")) for one in _catalogs(file)}
    return dict(sorted(found.items()))


def _catalogs(file: Path) -> Iterator[ShippedCatalog]:
    text = file.read_text(encoding="utf-8")
    if not _CALL.search(text) or file.is_relative_to(PRODUCT / "testing"):
        return
    tree = ast.parse(text)
    known = _imports(tree)
    reader = ".".join((_NAME, *file.relative_to(PRODUCT).with_suffix("").parts)).removesuffix(".__init__")
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "discover" and len(node.args) > 1:
            label = next(ast.literal_eval(one.value) for one in node.keywords if one.arg == "label")
            package, kind = (known.get(ast.unparse(one), f"{reader}.{ast.unparse(one)}") for one in node.args[:2])
            module, _, name = _defined(kind).rpartition(".")
            yield ShippedCatalog(label=label, package=package, kind=name, kind_module=module, reader=reader)


def _imports(tree: ast.Module) -> dict[str, str]:
    return {
        one.asname or one.name: f"{node.module}.{one.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for one in node.names
    }


def _defined(dotted: str) -> str:
    """Return the dotted name of a class in the module that defines it, not in the door that hands it on."""
    module, _, name = dotted.rpartition(".")
    tree = _tree(module)
    if any(isinstance(node, ast.ClassDef) and node.name == name for node in tree.body):
        return dotted
    return _defined(_imports(tree)[name])


@cache
def _tree(module: str) -> ast.Module:
    file = PRODUCT.parent.joinpath(*module.split("."))
    text = (file / "__init__.py" if file.is_dir() else file.with_suffix(".py")).read_text(encoding="utf-8")
    return ast.parse(text)


def _fields(module: str, name: str) -> Iterator[tuple[str, bool]]:
    tree = _tree(module)
    node = next(one for one in tree.body if isinstance(one, ast.ClassDef) and one.name == name)
    known = _imports(tree)
    for parent in node.bases:
        word = ast.unparse(parent).partition("[")[0]
        if known.get(word, "").startswith(f"{_NAME}."):
            yield from _fields(*_defined(known[word]).rsplit(".", 1))
        elif any(isinstance(one, ast.ClassDef) and one.name == word for one in tree.body):
            yield from _fields(module, word)
    for field in node.body:
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            yield field.target.id, field.value is None
