"""Every name that one definition uses of another is proved at start: no pair of kinds lets a wrong one through."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from grace_workers.bootstrap.catalogs import catalogs
from grace_workers.bootstrap.definitions import cause_shelf, playbook_shelf
from grace_workers.diagnosis import CauseName
from grace_workers.foundation.catalog import Catalog, CatalogError, Referring
from grace_workers.foundation.ids import TargetKind
from grace_workers.foundation.yaml_file import SourceError
from grace_workers.orchestration.definitions import Catalogs, proved
from grace_workers.settings import Settings

KNOWN = catalogs()


def changed(label: str, name: str, **changes: Any) -> Catalogs:
    """The catalogs, with one definition replaced by a changed one."""
    own: Catalog[Any] = getattr(KNOWN, f"{label}s")
    definitions = {one.name: replace(one, **changes) if one.name == name else one for one in own}
    return replace(KNOWN, **{f"{label}s": Catalog(label, definitions, {name: f"grace_workers.{label}s.{name}"})})


WRONG: dict[tuple[str, str], Callable[[], Catalogs]] = {
    ("check", "kind"): lambda: changed("check", "alive", evidence_for=(TargetKind("wrong"),)),
    ("check", "check"): lambda: changed("check", "error_count", detail="wrong"),
    ("trigger", "check"): lambda: changed("trigger", "queue_backlog", checks={"wrong": 100}),
    ("rule", "check"): lambda: changed("rule", "log_flood", reads=("wrong",)),
    ("rule", "cause"): lambda: changed("rule", "log_flood", cause=CauseName("wrong")),
    ("kernel", "kernel"): lambda: changed("kernel", "api", needs=("wrong",)),
}
"""For each kind that names another: catalogs in which one definition names one that does not exist."""

CAUSE = """\
name: mine
summary: A cause of a test.
kinds: [postgres]
roles: [SqlConsole]
symptoms: {alerts: [Mine], triggers: [queue_backlog]}
measures:
  - {check: lock_waiters, at_least: 4, means: sessions wait}
examples:
  - signal: {name: Mine}
"""
IN_A_CAUSE = {
    ("cause", "check"): ("check: lock_waiters", "check: wrong", 7),
    ("cause", "kind"): ("kinds: [postgres]", "kinds: [wrong]", 3),
    ("cause", "role"): ("roles: [SqlConsole]", "roles: [Wrong]", 4),
    ("cause", "trigger"): ("triggers: [queue_backlog]", "triggers: [wrong]", 5),
}


PLAYBOOK = """\
name: mine
description: A playbook of a test.
version: 1
aspect: performance
when: {causes: [table_bloat], target_kinds: [postgres]}
params:
  table: {type: string, default: "{{ binding.table }}"}
steps:
  - {id: vacuum, primitive: vacuum_database, params: {table: "{{ params.table }}"}}
expectations:
  - {id: small, check: dead_tuples, params: {table: "{{ params.table }}"}, operator: "<", bound: 9, within: 9s}
"""
IN_A_PLAYBOOK = {
    ("playbook", "cause"): ("causes: [table_bloat]", "causes: [wrong]", 5),
    ("playbook", "kind"): ("target_kinds: [postgres]", "target_kinds: [wrong]", 5),
    ("playbook", "binding"): ("binding.table", "binding.wrong", 7),
    ("playbook", "primitive"): ("primitive: vacuum_database", "primitive: wrong", 9),
    ("playbook", "check"): ("check: dead_tuples", "check: wrong", 11),
}


def test_what_ships_names_nothing_that_is_not_there(tmp_path: Path) -> None:
    proved(KNOWN)
    settings = Settings(data_dir=tmp_path)
    assert playbook_shelf(settings, KNOWN).current()


@pytest.mark.parametrize(("label", "other"), WRONG, ids="->".join)
def test_a_wrong_name_in_a_definition_is_refused_at_start(label: str, other: str, tmp_path: Path) -> None:
    known = WRONG[label, other]()
    with pytest.raises(CatalogError) as found:
        cause_shelf(Settings(data_dir=tmp_path), proved(known))
    words = str(found.value)
    assert f"names unknown {other} 'wrong'; known: " in words
    assert f"grace_workers.{label}s." in words


@pytest.mark.slow
@pytest.mark.parametrize(("label", "other"), [*IN_A_CAUSE, *IN_A_PLAYBOOK], ids="->".join)
def test_a_wrong_name_in_a_file_is_refused_with_its_line(label: str, other: str, tmp_path: Path) -> None:
    text, changes = (CAUSE, IN_A_CAUSE) if label == "cause" else (PLAYBOOK, IN_A_PLAYBOOK)
    old, new, line = changes[label, other]
    assert old in text
    (tmp_path / f"{label}s").mkdir()
    (tmp_path / f"{label}s" / "mine.yaml").write_text(text.replace(old, new))
    settings = Settings(data_dir=tmp_path, **{f"{label}s": (tmp_path / f"{label}s",)})
    with pytest.raises(SourceError) as found:
        playbook_shelf(settings, KNOWN)
    wrong = "Wrong" if other == "role" else "wrong"
    assert f"{label}s/mine.yaml:{line}: " in str(found.value)
    assert f"names unknown {other} {wrong!r}; known: " in str(found.value)


def test_every_kind_that_names_another_is_tried_here() -> None:
    every = {name: getattr(KNOWN, name) for name in KNOWN.__dataclass_fields__ if name != "drivers"}
    naming = {
        (catalog.kind, reference.label)
        for catalog in every.values()
        for definition in catalog
        if isinstance(definition, Referring)
        for reference in definition.references()
    }
    assert naming == set(WRONG)


def test_a_playbook_expects_numbers(tmp_path: Path) -> None:
    facts = 'check: flags, operator: "=="'
    text = re.sub(r'check: dead_tuples, params: .*?, operator: "<"', facts, PLAYBOOK)
    assert facts in text
    (tmp_path / "mine.yaml").write_text(text)
    settings = Settings(data_dir=tmp_path, playbooks=(tmp_path,))
    with pytest.raises(SourceError, match="check 'flags' reads a list of facts"):
        playbook_shelf(settings, KNOWN)


def test_a_playbook_that_only_people_ask_for_says_so(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(PLAYBOOK.replace("table_bloat", "requested").replace("binding.", "label."))
    settings = Settings(data_dir=tmp_path, playbooks=(tmp_path,))
    assert "mine" in playbook_shelf(settings, KNOWN).current()


def test_a_trigger_watches_numbers() -> None:
    assert {name for trigger in KNOWN.triggers for name in trigger.checks if KNOWN.checks[name].unit is None} == set()
