"""A definition is written like a shipped one, of any kind: no test runs here."""

import ast
from collections.abc import Mapping
from typing import Any

import pytest

from grace_workers.coding import Reason
from grace_workers.coding.engines.recipe.catalog_reading import shipped_catalogs
from grace_workers.coding.engines.recipe.definition_text import written_like
from grace_workers.coding.recipes.recipe import RecipeFiles
from tests.architecture.house import CATALOGS, definitions
from tests.unit.coding.recipes.test_writing import wrote

PROJECT = '[project]\nname = "acme"\nversion = "1"\n'
FILES = {"src/acme/__init__.py": "", "pyproject.toml": PROJECT}
LIKE = {"kind": "lever", "name": "shop_slots", "like": "look_every", "package": "acme"}


def written(files: Mapping[str, str] = FILES, **options: Any) -> RecipeFiles:
    found = wrote("definition", files, **{**LIKE, **options})
    assert isinstance(found, RecipeFiles), found
    return found


def test_every_kind_is_found_with_what_is_shipped() -> None:
    found = {label: [*one.names()] for label, one in shipped_catalogs().items()}
    assert found == {label: [path.stem for path in definitions(label)] for label in sorted(CATALOGS)}


@pytest.mark.parametrize("label", sorted(CATALOGS))
def test_every_shipped_definition_can_be_written_with_another_name(label: str) -> None:
    catalog = shipped_catalogs()[label]
    for name in catalog.names():
        made = written_like(catalog.source(name), name, "acme_own", {})
        assert '"acme_own"' in made
        assert len(ast.parse(made).body) == len(ast.parse(catalog.source(name)).body)


def test_the_contract_of_a_kind_is_that_of_its_class() -> None:
    lever = shipped_catalogs()["lever"].contract()
    assert {name for name, needed in lever.items() if needed} == {"name", "summary", "unit", "lowest", "highest"}
    assert lever["pool"] is False


def test_values_replace_those_of_the_other_and_are_spelled_like_them() -> None:
    text = written(kind="cycle", name="shop_look", like="error_budgets", values={"cadence": 90, "summary": "Looks."})
    made = text.new["src/acme/cycle_shop_look.py"]
    assert "    cadence=timedelta(seconds=90),\n" in made
    assert made.startswith('"""Looks."""\n')
    assert "    name=\"shop_look\",\n    summary='Looks.',\n" in made
    rule = written(kind="trigger", name="shop_wait", like="queue_backlog", values={"severity": "warning"})
    assert "severity=Severity('warning')," in rule.new["src/acme/trigger_shop_wait.py"]


def test_a_value_that_has_a_name_is_changed_where_it_is_bound() -> None:
    made = written(kind="rule", name="shop_flood", like="log_flood", values={"cause": "flooded"})
    text = made.new["src/acme/rule_shop_flood.py"]
    assert "_CAUSE = CauseName('flooded')\n" in text
    assert "    cause=_CAUSE,\n" in text


def test_a_value_that_the_other_does_not_give_is_added() -> None:
    text = written(values={"pool": "coding"}).new["src/acme/lever_shop_slots.py"]
    assert "    highest=500,\n" in text
    assert text.endswith(",\n    pool='coding',\n)\n")


def test_classes_that_are_named_after_the_other_get_new_names() -> None:
    made = written(kind="check", name="key_days", like="certificate_days").new["src/acme/check_key_days.py"]
    assert "class KeyDaysParams(Document):" in made
    assert "    params=KeyDaysParams,\n" in made
    assert 'above("key_days", 7)' in made


def test_the_project_declares_what_it_brings() -> None:
    project = written().changed["pyproject.toml"]
    head = '[project.entry-points."grace_workers.lever"]\n'
    assert project == f'{PROJECT}\n{head}shop_slots = "acme.lever_shop_slots:DEFINITION"\n'
    again = written({**FILES, "pyproject.toml": project}, name="more_slots").changed["pyproject.toml"]
    assert f'{head}more_slots = "acme.lever_more_slots:DEFINITION"\nshop_slots' in again


@pytest.mark.parametrize(
    ("files", "options", "words"),
    [
        ({}, {"kind": "setting"}, "There is no kind 'setting'; there are: check, coding_task, cycle,"),
        ({}, {"like": "look_often"}, "There is no lever 'look_often'; there are: coding_slots,"),
        ({}, {"name": "seal_every"}, "Grace ships a lever 'seal_every' already."),
        ({}, {"values": {"colour": 1}}, "A lever takes no 'colour' as a value; it has: name, summary, unit,"),
        ({}, {"values": {"name": "x"}}, "A lever takes no 'name' as a value"),
        ({}, {"package": "shop"}, "The repository has no package 'shop': no file shop/__init__.py."),
        ({"pyproject.toml": "[tool.x]\n"}, {}, "has no pyproject.toml with a table [project]"),
        ({"pyproject.toml": "[["}, {}, "pyproject.toml cannot be read: "),
        ({"pyproject.toml": PROJECT + '[project.entry-points]\n"grace_workers.lever" = {a = "b"}\n'}, {},
         "pyproject.toml declares kinds in another way"),
        ({"pyproject.toml": PROJECT + '[project.entry-points."grace_workers.lever"]\nshop_slots = "b"\n'}, {},
         "pyproject.toml declares a lever 'shop_slots' already."),
        ({}, {"kind": "check", "like": "alive", "values": {"probe": "x"}}, "cannot be written with other values"),
        ({"src/acme/lever_shop_slots.py": ""}, {}, "src/acme/lever_shop_slots.py is there already"),
    ],
)  # fmt: skip
def test_what_does_not_fit_says_why(files: Mapping[str, str], options: dict[str, Any], words: str) -> None:
    found = wrote("definition", {**FILES, **files}, **{**LIKE, **options})
    assert isinstance(found, Reason)
    assert words in found.message


@pytest.mark.parametrize(
    ("project", "words"),
    [
        (f"{PROJECT}entry-points = 3\n", "has entry points that are no tables"),
        (f"{PROJECT}[project.entry-points]\n'grace_workers.lever' = 'x'\n", "has entry points that are no tables"),
        (f"a = {'[' * 2_000}", "cannot be read: it nests too deeply"),
    ],
)
def test_a_project_file_of_another_form_says_so(project: str, words: str) -> None:
    found = wrote("definition", {**FILES, "pyproject.toml": project}, **LIKE)
    assert isinstance(found, Reason)
    assert words in found.message
