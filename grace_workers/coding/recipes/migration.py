"""`migration`: a step of Alembic that adds a column, so that the code before it still runs, and takes it away again."""

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.recipes.recipe import Module, Recipe, RecipeFiles, Site
from grace_workers.coding.task import TaskType
from grace_workers.foundation.document import Document

_CODE = '''"""Add {column} to {table}. It may be empty, so that code which does not know it runs on."""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    _wait_briefly()
    op.add_column("{table}", sa.Column("{column}", {kind}, nullable=True))


def downgrade() -> None:
    """Take it away, with what it holds."""
    _wait_briefly()
    op.drop_column("{table}", "{column}")


def _wait_briefly() -> None:
    """Give up after seconds, because who waits for a lock of PostgreSQL makes all others wait behind it."""
    if op.get_context().dialect.name == "postgresql":
        op.execute("SET LOCAL lock_timeout = '5s'")
'''
_TESTS = """import importlib.util
from pathlib import Path

import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

FILE = Path(__file__).parent.parent / "{file}"


def step():
    spec = importlib.util.spec_from_file_location("step_{revision}", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_is_the_only_last_step():
    scripts = ScriptDirectory(str(FILE.parent.parent), version_locations=[str(FILE.parent)])
    assert scripts.get_heads() == ["{revision}"]
    assert scripts.get_revision("{revision}").down_revision == "{head}"


def test_the_column_comes_empty_and_goes_and_the_rows_stay():
    with sa.create_engine("sqlite://").begin() as connection:
        connection.execute(sa.text('CREATE TABLE "{table}" (key_of_test INTEGER PRIMARY KEY)'))
        connection.execute(sa.text('INSERT INTO "{table}" VALUES (7)'))
        with Operations.context(MigrationContext.configure(connection)):
            step().upgrade()
        rows = connection.execute(sa.text('SELECT * FROM "{table}"')).mappings().all()
        assert rows == [{{"key_of_test": 7, "{column}": None}}]
        with Operations.context(MigrationContext.configure(connection)):
            step().downgrade()
        rows = connection.execute(sa.text('SELECT * FROM "{table}"')).mappings().all()
        assert rows == [{{"key_of_test": 7}}]


def test_on_postgresql_it_gives_up_a_lock_soon():
    said = []
    options = {{"as_sql": True, "literal_binds": True}}
    context = MigrationContext.configure(dialect_name="postgresql", opts=options)
    context.impl.static_output = said.append
    with Operations.context(context):
        step().upgrade()
    assert said[0].startswith("SET LOCAL lock_timeout")
    assert "ADD COLUMN" in said[1]
"""
Name = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]*$", max_length=60)]


class ColumnKind(StrEnum):
    """The type of a column."""

    TEXT = "text"
    INTEGER = "integer"
    BIG_INTEGER = "big_integer"
    BOOLEAN = "boolean"
    NUMBER = "number"
    DATE = "date"
    TIME = "time"
    JSON = "json"


_KINDS = {
    ColumnKind.TEXT: "sa.Text()", ColumnKind.INTEGER: "sa.Integer()", ColumnKind.BIG_INTEGER: "sa.BigInteger()",
    ColumnKind.BOOLEAN: "sa.Boolean()", ColumnKind.NUMBER: "sa.Numeric()", ColumnKind.DATE: "sa.Date()",
    ColumnKind.TIME: "sa.DateTime(timezone=True)", ColumnKind.JSON: "sa.JSON()",
}  # fmt: skip


class MigrationOptions(Document):
    """A new column of a table; `time` is a moment with its time zone."""

    table: Name
    column: Name
    kind: ColumnKind


@dataclass(frozen=True, slots=True)
class _Step:
    """A migration that is there: its name, and those that it follows."""

    module: Module
    revision: str
    follows: frozenset[str]


def _write(options: MigrationOptions, site: Site) -> RecipeFiles | Reason:
    steps = list(_steps(site))
    followed = frozenset[str]().union(*(one.follows for one in steps))
    heads = [one for one in steps if one.revision not in followed]
    if len(heads) != 1:
        found = ", ".join(one.module.file for one in heads) or "none"
        code = ReasonCode.AMBIGUOUS if heads else ReasonCode.NOT_FOUND
        return Reason(code, f"There must be one last migration of Alembic, which no other follows; found: {found}.")
    head = heads[0]
    revision = _next(head.revision, options)
    file = site.beside(head.module.file, f"{revision}_add_{options.column}_to_{options.table}.py")
    if any(one.revision == revision for one in steps):
        return Reason(ReasonCode.COLLISION, f"{file} is there already; rename it first.")
    facts = {
        "table": options.table, "column": options.column, "kind": _KINDS[options.kind], "revision": revision,
        "head": head.revision, "file": file,
    }  # fmt: skip
    return RecipeFiles(
        new={file: _CODE.format(**facts)},
        tests={site.test_file(f"add_{options.column}_to_{options.table}"): _TESTS.format(**facts)},
        subject=f"Add {options.column} to {options.table} by a migration",
        story=(
            f"{file} follows {head.module.file}; its steps were run on SQLite, and written out for PostgreSQL",
            f"that there is a table {options.table} without {options.column} was not proven",
        ),
    )


def _steps(site: Site) -> Iterator[_Step]:
    for module in site.modules:
        bound: dict[str, ast.expr] = {}
        for node in module.tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                bound[node.targets[0].id] = node.value
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
                bound[node.target.id] = node.value
        revision = bound.get("revision")
        if "down_revision" in bound and isinstance(revision, ast.Constant) and _is_name(revision.value):
            yield _Step(module, str(revision.value), frozenset(_names(bound["down_revision"])))


def _names(node: ast.expr) -> Iterator[str]:
    yield from (str(one.value) for one in ast.walk(node) if isinstance(one, ast.Constant) and one.value is not None)


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value.replace("_", "").replace("-", "").isalnum() and value.isascii()


def _next(head: str, options: MigrationOptions) -> str:
    """Return the name of the step after one: the next number, or digits as Alembic writes them."""
    if head.isdigit() and len(head) < 12:  # noqa: PLR2004 - Alembic's own names have twelve digits
        return str(int(head) + 1).zfill(len(head))
    return hashlib.sha256(f"{head} {options.table} {options.column}".encode()).hexdigest()[:12]


DEFINITION = Recipe(
    name="migration",
    about="a step of Alembic that adds a column",
    task=TaskType.BUILD_FEATURE,
    options=MigrationOptions,
    write=_write,
)
