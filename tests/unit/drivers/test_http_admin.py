from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from grace_workers.actions import DeclaredCommands
from grace_workers.drivers.http_admin import DEFINITION
from grace_workers.foundation.errors import InputError, PermanentError, TransientError
from tests.admin_service import FAILING, SWITCH, TOKEN, AdminService, admin_service
from tests.conformance.roles.implementations import Place
from tests.emulated import Emulated

NEEDS_SERVERS = True
A = {"node": "a"}


@contextmanager
def shop(folder: Path, **more: Any) -> Iterator[tuple[AdminService, Emulated, DeclaredCommands]]:
    file = folder / "token"
    file.write_text(TOKEN)
    file.chmod(0o600)
    with admin_service() as (service, api):
        commands = {"switch": {**SWITCH, **more}, "failing": FAILING}
        said = {"url": api.url, "token": {"file": str(file)}, "commands": commands}
        role: DeclaredCommands = Place(folder, str).open(DEFINITION, **said)[DeclaredCommands]  # type: ignore[assignment]
        yield service, api, role


@contextmanager
def declared_commands(place: Place) -> Iterator[DeclaredCommands]:
    with shop(place.folder) as (_, _, role):
        yield role


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        *(
            ({"run": {"path": path}}, "run.path")
            for path in ("x", "/../x", "/a//b", "/a?b", "/a b", "/a#b", "/a%2fb", "//host", "/{}", "/{node.x}", "/a\n")
        ),
        ({"run": {"path": "/{ghost}"}}, "names no argument 'ghost'"),
        ({"run": {"path": "/a", "body": {"a": "{ghost}"}}}, "names no argument 'ghost'"),
        *(
            ({"run": {"path": "/a", "body": {"a": text}}}, "braces only round the name")
            for text in ("{node!r}", "{node:x}", "{{node}}", "}}")
        ),
        ({"run": {"path": "/a", "method": "GET"}}, "method"),
        *(
            ({"arguments": {"node": [value]}}, "arguments")
            for value in ("..", "-x", "a/b", "a b", "a\n", "", "a?b", "%2e")
        ),
        ({"look": {"path": "/a", "at": [], "equals": True}}, "at"),
    ],
)
def test_a_hostile_or_careless_command_is_refused(tmp_path: Path, wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Place(tmp_path, str).open(DEFINITION, url="https://shop.example", commands={"one": {**SWITCH, **wrong}})


def test_a_token_is_not_sent_in_clear_text(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="give an address with https"):
        Place(tmp_path, str).open(
            DEFINITION, url="http://shop.example", token={"env": "X"}, commands={"switch": SWITCH}
        )


@pytest.mark.servers
def test_a_command_is_done_when_its_look_shows_the_effect_and_arguments_stand_in_path_and_body(tmp_path: Path) -> None:
    with shop(tmp_path) as (service, _, role):
        assert not role.holds("switch", A)
        service.lags = 2
        role.run("switch", A)
        assert (service.out, service.bodies) == ({"a": True, "b": False}, [{"out": True, "why": "asked for a"}])


@pytest.mark.servers
@pytest.mark.parametrize(
    ("wanted", "shown", "held"), [(1.0, 1, True), (1, 1.0, True), (True, 1, False), (1, True, False), ("1", 1, False)]
)
def test_a_look_compares_as_json_does(tmp_path: Path, wanted: Any, shown: Any, held: bool) -> None:
    with shop(tmp_path, look={**SWITCH["look"], "equals": wanted}) as (service, _, role):
        service.shown["a"] = service.out["a"] = shown
        assert role.holds("switch", A) is held


@pytest.mark.servers
def test_an_effect_that_is_not_seen_in_time_is_said(tmp_path: Path) -> None:
    with shop(tmp_path, timeout=0.1) as (service, _, role):
        service.lags = 1000
        with pytest.raises(TransientError, match=r"`run` of command 'switch' was accepted, and its look .* 0\.1 s"):
            role.run("switch", A)


@pytest.mark.servers
def test_a_look_that_finds_no_such_field_is_no_answer(tmp_path: Path) -> None:
    look = {**SWITCH["look"], "at": ["state", "gone"]}
    with shop(tmp_path, look=look) as (_, _, role), pytest.raises(PermanentError, match=r"has no 'state\.gone'"):
        role.holds("switch", A)


@pytest.mark.servers
def test_a_number_is_no_truth(tmp_path: Path) -> None:
    with shop(tmp_path, look={**SWITCH["look"], "equals": 1}) as (service, _, role):
        service.out["a"] = service.shown["a"] = True
        assert not role.holds("switch", A)


@pytest.mark.servers
def test_a_throttled_look_does_not_end_the_wait(tmp_path: Path) -> None:
    with shop(tmp_path) as (service, api, role):
        api.throttled = 1
        with pytest.raises(TransientError, match="429"):
            role.run("switch", A)
        assert not service.out["a"]
        role.run("switch", A)
        assert service.out["a"]
