"""A room that decides is entered by its door: the names in its `__init__`, and its catalog folders.

The rooms that carry (adapters, drivers, node, orchestration, entrypoints, bootstrap) and the foundation have no door:
each of their modules is one port, one use case, one technology or one entry point, and is imported as such. ADR 0001
gives the reasons.
"""

import ast
from functools import cache

import pytest

from tests.architecture.house import CATALOGS, PACKAGE, Source, product, rooms

OPEN = {"foundation", "adapters", "drivers", "node", "orchestration", "bootstrap", "entrypoints"}
DOORS = sorted(rooms() - OPEN)
FOLDERS = {folder.relative_to(PACKAGE).as_posix().replace("/", ".") for folder in CATALOGS.values()}


def test_a_room_is_entered_by_its_door():
    offences = [
        f"{source.place} imports {name}"
        for source in product()
        for name in source.imports
        if _is_inside(name) and name.split(".")[1] != source.room
    ]
    assert offences == []


def test_only_bootstrap_and_what_tests_need_open_a_catalog_folder():
    offences = [
        f"{source.place} imports {name}"
        for source in product()
        for name in source.imports
        if name.removeprefix("grace_workers.") in FOLDERS
        and source.room not in {"bootstrap", "testing", name.split(".")[1]}
    ]
    assert offences == []


def test_inside_a_room_its_modules_are_named():
    offences = [
        f"{source.place} imports {name} through its own door"
        for source in product()
        if source.room in DOORS and source.path.name != "__init__.py"
        for name in source.imports
        if name.startswith(f"grace_workers.{source.room}.") and name in _through_the_door(source.room)
    ]
    assert offences == []


@pytest.mark.parametrize("room", DOORS)
def test_a_door_names_all_its_exports_once(room):
    door = _door(room)
    offered = _offered(door)
    assert offered == [*dict.fromkeys(offered)]
    assert set(offered) == {name for name in _imported(door) if not name.startswith("_")}


@pytest.mark.parametrize("room", DOORS)
def test_a_door_only_reexports(room):
    kinds = {type(node) for node in _door(room).tree.body}
    assert kinds <= {ast.Expr, ast.ImportFrom, ast.Assign}


def _is_inside(name: str) -> bool:
    """Return whether the name of an import leads past the door of a room that has one."""
    parts = name.split(".")
    if parts[0] != "grace_workers" or len(parts) < 3 or parts[1] in OPEN or parts[1] not in rooms():
        return False
    if ".".join(parts[1:]) in FOLDERS:
        return False
    return len(parts) > 3 or parts[2] not in _offered(_door(parts[1]))


@cache
def _through_the_door(room: str) -> set[str]:
    """Return the names that only the door has, so that importing them means importing the door."""
    modules = {path.stem for path in (PACKAGE / room).iterdir() if path.stem != "__init__"}
    return {f"grace_workers.{room}.{name}" for name in _offered(_door(room)) if name not in modules}


@cache
def _door(room: str) -> Source:
    return next(source for source in product() if source.path == PACKAGE / room / "__init__.py")


def _offered(door: Source) -> list[str]:
    for node in door.tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__all__":
            return list(ast.literal_eval(node.value))
    return []


def _imported(door: Source) -> list[str]:
    return [
        name.asname or name.name for node in door.tree.body if isinstance(node, ast.ImportFrom) for name in node.names
    ]
