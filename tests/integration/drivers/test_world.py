"""Declared targets become roles at start, and what is missing or wrong is named there."""

from pathlib import Path
from typing import Any

import pytest

from grace_workers.actions import (
    Driver,
    ErrorLog,
    FlagStore,
    HttpProbe,
    LogLevels,
    Ownership,
    Restartable,
    Target,
    World,
)
from grace_workers.adapters.world import build_world
from grace_workers.drivers.flags import FlagsConnection
from grace_workers.foundation.catalog import Catalog
from grace_workers.foundation.errors import InputError, NotFoundError
from grace_workers.foundation.ids import TargetKind, TargetName
from tests.targets import world_of

NAME = TargetName("shop")
PROCESS = {"command": ["true"], "pid_file": "shop.pid"}


def target(kind: str, name: str = NAME, **connection: Any) -> Target:
    return Target(name=TargetName(name), kind=TargetKind(kind), owner=Ownership.INTERNAL, connection=connection)


def world(folder: Path, kind: str, **connection: Any) -> World:
    return world_of({NAME: target(kind, **connection)}, folder)


def test_a_process_has_what_its_connection_declares(tmp_path: Path) -> None:
    made = world(
        tmp_path, "process", **PROCESS, http="http://127.0.0.1:1", error_log="shop.log", log_control="levels.json"
    )
    for role in (Restartable, HttpProbe, ErrorLog, LogLevels):
        assert made.role(NAME, role) is not None


def test_a_role_that_a_declaration_would_give_is_named_with_its_key(tmp_path: Path) -> None:
    said = r"does not support LogLevels; it supports Restartable, RunningProcesses; add `log_control` to its connection"
    with pytest.raises(InputError, match=said):
        world(tmp_path, "process", **PROCESS).role(NAME, LogLevels)


def test_a_role_of_another_kind_is_refused(tmp_path: Path) -> None:
    said = r"does not support Restartable; it supports FlagStore, SafePoints; choose a target of another kind"
    with pytest.raises(InputError, match=said):
        world(tmp_path, "flags", file="flags.json").role(NAME, Restartable)


def test_the_error_for_an_unknown_target_lists_the_declared_ones(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="'ghost'; declared targets: shop"):
        world(tmp_path, "flags", file="flags.json").role(TargetName("ghost"), FlagStore)


def test_everything_that_is_wrong_is_named_at_once(tmp_path: Path) -> None:
    targets = [
        target("mainframe", "cluster"),
        target("files", "logs", rot="logs"),
        target("flags", "fine", file="flags.json"),
    ]
    with pytest.raises(InputError) as caught:
        world_of({one.name: one for one in targets}, tmp_path)
    assert "target 'cluster': unknown kind 'mainframe'; known kinds: " in str(caught.value)
    assert "target 'logs': connection: root: Field required" in str(caught.value)
    assert "fine" not in str(caught.value)


def test_packages_that_are_not_installed_are_named_with_the_extra_that_brings_them(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        build_world({NAME: target("faraway", file="a")}, Catalog("driver", {"faraway": faraway("far")}), tmp_path)
    assert str(caught.value) == (
        "target 'shop': kind 'faraway' needs packages that are not installed (No module named 'far_client'); "
        "run `pip install 'grace-workers[far]'`"
    )


def test_a_package_that_no_extra_brings_is_a_fault_of_the_driver(tmp_path: Path) -> None:
    with pytest.raises(ImportError):
        build_world({NAME: target("faraway", file="a")}, Catalog("driver", {"faraway": faraway(None)}), tmp_path)


def test_an_option_that_brings_a_role_must_be_there() -> None:
    with pytest.raises(
        ValueError, match=("driver 'faraway': HttpProbe names an option 'http' that the connection does not have")
    ):
        faraway(None, {HttpProbe: "http"})


def test_a_connection_that_does_not_fit_is_refused_with_the_targets_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^target 'shop': connection: surprise: "):
        world(tmp_path, "files", root="logs", surprise=1)


def test_building_a_world_touches_nothing(tmp_path: Path) -> None:
    world(tmp_path, "files", root=str(tmp_path / "logs"))
    world(tmp_path, "process", **{**PROCESS, "pid_file": str(tmp_path / "run" / "shop.pid")})
    assert list(tmp_path.iterdir()) == []


def faraway(extra: str | None, optional: dict[type, str] | None = None) -> Driver[FlagsConnection]:
    def open_faraway(said: object, context: object) -> dict[type, object]:
        import far_client  # type: ignore[import-not-found]

        return {FlagStore: far_client}

    return Driver(
        kind=TargetKind("faraway"),
        connection=FlagsConnection,
        roles=(FlagStore,),
        optional=optional or {},
        open=open_faraway,
        example="",
        extra=extra,
    )
