"""`definition`: a definition of any kind in your own package, written from a shipped one, which Grace then finds."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from grace_workers.coding.engines.recipe.catalog_reading import ShippedCatalog, shipped_catalogs
from grace_workers.coding.engines.recipe.definition_text import NotADefinition, written_like
from grace_workers.coding.engines.recipe.insertion import module_name
from grace_workers.coding.foreign_text import read_toml
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.recipes.recipe import Recipe, RecipeFiles, Site
from grace_workers.coding.task import TaskType
from grace_workers.foundation.document import Document, JsonValue

_PROJECT = "pyproject.toml"
_TESTS = """from pathlib import Path

import pytest

import {package} as place
from {module} import DEFINITION
{kind_import}
{reader}from grace_workers.foundation.catalog import discover
from grace_workers.testing import declared

PROJECT = Path(__file__).parent.parent / "pyproject.toml"


@pytest.fixture
def installed(tmp_path):
    with declared(PROJECT, tmp_path):
        yield discover(place, {kind}, label="{label}")


def test_grace_finds_it_by_its_name(installed):
    assert installed["{name}"] is DEFINITION


def test_what_is_shipped_is_still_there(installed):
    assert set(installed.names) > {{"{like}", "{name}"}}
"""
_PROVED = """

def test_every_name_that_it_uses_exists(installed):
    catalogs.cache_clear()
    try:
        catalogs()
    finally:
        catalogs.cache_clear()
"""
_VALUES = '''

@pytest.mark.parametrize(("field", "value"), {values})
def test_it_is_what_was_asked_for(field, value):
    known = getattr(DEFINITION, field)
    assert plain(known) == value


def plain(value):
    """Return a value as JSON has it."""
    if isinstance(value, tuple | frozenset | list):
        return [plain(one) for one in value]
    if hasattr(value, "total_seconds"):
        return value.total_seconds()
    return dict(value) if hasattr(value, "keys") else value
'''
_WORD = r"[a-z][a-z0-9_]{0,60}"
Name = Annotated[str, StringConstraints(pattern=rf"^{_WORD}$")]


class DefinitionOptions(Document):
    """A definition `name` of a `kind`, like the shipped one `like`, with other `values` for its fields.

    `package` is the dotted name of a package in the repository, whose `pyproject.toml` declares what it brings.
    """

    kind: Name
    name: Name
    like: Name
    package: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$")]
    values: dict[Name, JsonValue] = Field(default_factory=dict, max_length=20)


def _write(options: DefinitionOptions, site: Site) -> RecipeFiles | Reason:
    catalog = shipped_catalogs().get(options.kind)
    if catalog is None:
        words = f"There is no kind {options.kind!r}; there are: {', '.join(shipped_catalogs())}."
        return Reason(ReasonCode.NOT_FOUND, words)
    against = _objection(options, catalog)
    if against is not None:
        return against
    folder = _folder(options.package, site)
    if isinstance(folder, Reason):
        return folder
    project = _declaring(options, site)
    if isinstance(project, Reason):
        return project
    try:
        text = written_like(catalog.source(options.like), options.like, options.name, options.values)
    except NotADefinition as error:
        return Reason(ReasonCode.UNSUPPORTED, f"{options.like} cannot be written with other values: {error}.")
    file = f"{folder}/{options.kind}_{options.name}.py"
    return RecipeFiles(
        new={file: text},
        changed={_PROJECT: project},
        tests={site.test_file(f"{options.kind}_{options.name}"): _tests(options, catalog, module_name(file))},
        subject=f"Add the {options.kind} {options.name}, like {options.like}",
        story=_story(options, catalog, file),
    )


def _objection(options: DefinitionOptions, catalog: ShippedCatalog) -> Reason | None:
    names, fields = catalog.names(), catalog.contract()
    if options.like not in names:
        words = f"There is no {options.kind} {options.like!r}; there are: {', '.join(names)}."
        return Reason(ReasonCode.NOT_FOUND, words)
    if options.name in names:
        return Reason(ReasonCode.COLLISION, f"Grace ships a {options.kind} {options.name!r} already.")
    unknown = [one for one in options.values if one not in fields or one in {"name", "kind"}]
    if unknown:
        words = f"A {options.kind} takes no {unknown[0]!r} as a value; it has: {', '.join(fields)}."
        return Reason(ReasonCode.UNSUPPORTED, words)
    return None


def _folder(package: str, site: Site) -> str | Reason:
    """Return the folder of a package of the repository."""
    at = package.replace(".", "/")
    found = [
        one.file for one in site.modules if one.file in {f"{above}{at}/__init__.py" for above in ("", "src/", "lib/")}
    ]
    if not found:
        return Reason(ReasonCode.NOT_FOUND, f"The repository has no package {package!r}: no file {at}/__init__.py.")
    return found[0].removesuffix("/__init__.py")


def _declaring(options: DefinitionOptions, site: Site) -> str | Reason:
    """Return the project's file with the entry point in it."""
    try:
        text = site.read(_PROJECT).decode() if _PROJECT in site.names else ""
        said = read_toml(text)
    except (OSError, ValueError) as error:
        return Reason(ReasonCode.UNREADABLE, f"{_PROJECT} cannot be read: {error}.")
    if not isinstance(said.get("project"), dict):
        return Reason(
            ReasonCode.NOT_FOUND, f"The repository has no {_PROJECT} with a table [project] to declare it in."
        )
    return _with_point(text, said, options)


def _with_point(text: str, said: dict[str, Any], options: DefinitionOptions) -> str | Reason:
    group = f"grace_workers.{options.kind}"
    points = said["project"].get("entry-points", {})
    known = points.get(group, {}) if isinstance(points, dict) else None
    if not isinstance(known, dict):
        return Reason(ReasonCode.UNREADABLE, f"{_PROJECT} has entry points that are no tables; mend it first.")
    if options.name in known:
        return Reason(ReasonCode.COLLISION, f"{_PROJECT} declares a {options.kind} {options.name!r} already.")
    row = f'{options.name} = "{options.package}.{options.kind}_{options.name}:DEFINITION"\n'
    head = f'[project.entry-points."{group}"]\n'
    if group not in points:
        return f"{text.rstrip()}\n\n{head}{row}"
    if head not in text:
        words = f"{_PROJECT} declares kinds in another way than by {head.strip()}; write them like that."
        return Reason(ReasonCode.UNSUPPORTED, words)
    return text.replace(head, f"{head}{row}", 1)


def _tests(options: DefinitionOptions, catalog: ShippedCatalog, module: str) -> str:
    proved = catalog.reader.endswith(".bootstrap.catalogs")
    values = [(name, value) for name, value in options.values.items()]
    text = _TESTS.format(
        package=catalog.package, module=module, kind=catalog.kind, label=catalog.label, name=options.name,
        like=options.like, kind_import=f"from {catalog.kind_module} import {catalog.kind}",
        reader=f"from {catalog.reader} import catalogs\n" if proved else "",
    )  # fmt: skip
    return text + (_PROVED if proved else "") + (_VALUES.format(values=repr(values)) if values else "")


def _story(options: DefinitionOptions, catalog: ShippedCatalog, file: str) -> tuple[str, ...]:
    fields = catalog.contract()
    kept = [one for one in fields if one not in options.values and one not in {"name", "kind"}]
    needed = ", ".join(one for one in kept if fields[one]) or "nothing"
    return (
        f"{file} is the {options.kind} {options.name}; {_PROJECT} declares it, and Grace finds it once it is installed",
        f"it does what {options.like} does, except for {', '.join(options.values) or 'its name'}",
        f"what it must have and was taken over: {needed}; change these in {file} for what is your own",
    )


DEFINITION = Recipe(
    name="definition",
    about="a definition of any kind, as a check, a trigger or a driver, in your own package",
    task=TaskType.EXTEND,
    options=DefinitionOptions,
    write=_write,
)
