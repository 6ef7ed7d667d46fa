"""Declared targets become roles at start, and what is missing or wrong is named there."""

from pathlib import Path
from typing import Any

import pytest

from grace_workers.actions import (
    ErrorLog,
    FileTree,
    FlagStore,
    HttpProbe,
    LogLevels,
    Ownership,
    Restartable,
    SqlConsole,
    Target,
    TargetKind,
    World,
)
from grace_workers.adapters.world import build_world
from grace_workers.foundation.errors import InputError, NotFoundError
from grace_workers.foundation.ids import TargetName

NAME = TargetName("shop")
PROCESS = {"command": ["true"], "pid_file": "shop.pid"}


def world(folder: Path, kind: str, **connection: Any) -> World:
    target = Target(name=NAME, kind=TargetKind(kind), owner=Ownership.INTERNAL, connection=connection)
    return build_world({NAME: target}, folder)


def test_a_process_has_what_its_connection_declares(tmp_path: Path) -> None:
    made = world(
        tmp_path, "process", **PROCESS, http="http://127.0.0.1:1", error_log="shop.log", log_control="levels.json"
    )
    for role in (Restartable, HttpProbe, ErrorLog, LogLevels):
        assert made.role(NAME, role) is not None


@pytest.mark.parametrize(
    ("kind", "connection", "role"),
    [
        ("postgres", {"url": "postgresql://a@b/c"}, SqlConsole),
        ("files", {"root": "logs"}, FileTree),
        ("flags", {"file": "flags.json"}, FlagStore),
        ("http", {"url": "http://shop.example"}, HttpProbe),
        ("logging", {"control_file": "levels.json"}, LogLevels),
    ],
)
def test_every_kind_has_its_role(tmp_path: Path, kind: str, connection: dict[str, Any], role: type) -> None:
    assert world(tmp_path, kind, **connection).role(NAME, role) is not None


def test_a_role_that_a_declaration_would_give_is_named_with_its_key(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is no LogLevels, only Restartable; add `log_control` to its connection"):
        world(tmp_path, "process", **PROCESS).role(NAME, LogLevels)


def test_a_role_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is no Restartable, only FlagStore; choose a target of another kind"):
        world(tmp_path, "flags", file="flags.json").role(NAME, Restartable)


def test_an_unknown_target_is_named_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="'ghost'; declared are: shop"):
        world(tmp_path, "flags", file="flags.json").role(TargetName("ghost"), FlagStore)


def test_everything_that_is_wrong_is_named_at_once(tmp_path: Path) -> None:
    targets = {
        TargetName(name): Target(name=TargetName(name), kind=kind, owner=Ownership.INTERNAL, connection=connection)
        for name, kind, connection in [
            ("cluster", TargetKind.KUBERNETES, {}),
            ("logs", TargetKind.FILES, {"rot": "logs"}),
            ("fine", TargetKind.FLAGS, {"file": "flags.json"}),
        ]
    }
    with pytest.raises(InputError) as caught:
        build_world(targets, tmp_path)
    assert "target 'cluster': there is no adapter for kind 'kubernetes'" in str(caught.value)
    assert "target 'logs': connection: root: Field required" in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "connection"),
    [
        ("process", {}),
        ("process", {**PROCESS, "command": []}),
        ("process", {**PROCESS, "command": ["a\x00b"]}),
        ("process", {**PROCESS, "pid_file": "a\x00b"}),
        ("process", {**PROCESS, "ready": {"tcp": "nowhere"}}),
        ("process", {**PROCESS, "ready": {"tcp": "a:1", "http": "http://a"}}),
        ("process", {**PROCESS, "env": {"A B": "x"}}),
        ("process", {**PROCESS, "error_log": "a", "error_log_zone": "Mars/Base"}),
        ("process", {**PROCESS, "http": "ftp://a"}),
        ("postgres", {"url": {"env": "A", "file": "b"}}),
        ("postgres", {"url": {}}),
        ("postgres", {"url": {"env": "GRACE_TEST_NOT_SET"}}),
        ("postgres", {"url": {"file": "/no/such/secret"}}),
        ("files", {"root": "logs", "quota": 0}),
        ("files", {"root": "logs", "stash": "logs/stash"}),
        ("files", {"root": "logs", "surprise": 1}),
    ],
)
def test_a_connection_that_does_not_fit_is_refused_with_the_targets_name(
    tmp_path: Path, kind: str, connection: dict[str, Any]
) -> None:
    with pytest.raises(InputError, match=r"^target 'shop': "):
        world(tmp_path, kind, **connection)


def test_a_secret_is_taken_from_the_environment_or_a_file_and_shown_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_DB", "postgresql://a:hunter2@b/c")
    (tmp_path / "secret").write_text("postgresql://a:hunter2@b/c\n")
    for secret in ({"env": "SHOP_DB"}, {"file": str(tmp_path / "secret")}):
        made = world(tmp_path, "postgres", url=secret)
        assert made.role(NAME, SqlConsole) is not None
        assert "hunter2" not in repr(made.role(NAME, SqlConsole))


def test_a_bad_url_does_not_show_its_password(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        world(tmp_path, "postgres", url=["postgresql://a:hunter2@b/c"])
    assert "hunter2" not in str(caught.value)


def test_building_a_world_touches_nothing(tmp_path: Path) -> None:
    world(tmp_path, "files", root=str(tmp_path / "logs"))
    world(tmp_path, "process", **{**PROCESS, "pid_file": str(tmp_path / "run" / "shop.pid")})
    assert list(tmp_path.iterdir()) == []
