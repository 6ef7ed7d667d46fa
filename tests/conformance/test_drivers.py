"""What every driver promises, derived from its definition alone."""

import inspect
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel

from grace_workers.actions import AnyDriver, Ownership, Target
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetName
from grace_workers.foundation.secret import Secret
from grace_workers.settings import load_settings
from tests.conformance.roles.implementations import Place
from tests.targets import DRIVERS, is_installed

ROOT = Path(__file__).parent.parent.parent
SECRET = "postgresql://grace:hunter2@127.0.0.1:1/shop"
PACKAGES = """
import json, sys
from pathlib import Path
import grace_workers.settings, grace_workers.foundation.secret, grace_workers.adapters.world
from tests.targets import DRIVERS, is_installed

def packages():
    places = ((name, getattr(module, "__file__", None)) for name, module in sys.modules.items())
    return {name.split(".")[0] for name, place in places if place and "site-packages" in place}

before = packages()
kinds = [kind for kind in DRIVERS.names if f"grace_workers.drivers.{kind}" in sys.modules]
for kind in sys.argv[1:]:
    DRIVERS[kind]
loaded = [kind for kind in DRIVERS.names if f"grace_workers.drivers.{kind}" in sys.modules]
print(json.dumps({"kinds": kinds, "loaded": loaded, "packages": sorted(packages() - before)}))
"""


@pytest.fixture(params=DRIVERS.names)
def driver(request: pytest.FixtureRequest) -> AnyDriver:
    found = DRIVERS[request.param]
    if found.extra is not None and not is_installed(found.extra):
        pytest.skip(f"the extra {found.extra!r} is not installed")
    return found


@pytest.mark.slow
def test_no_kind_is_imported_before_a_target_is_of_it() -> None:
    told = _elsewhere(PACKAGES, "http")
    assert (told["kinds"], told["loaded"]) == ([], ["http"])


@pytest.mark.slow
def test_a_definition_imports_nothing_that_only_its_technology_needs() -> None:
    assert _elsewhere(PACKAGES, *DRIVERS.names)["packages"] == []


def test_the_example_is_a_settings_file_that_declares_one_target_of_the_kind(driver: AnyDriver, tmp_path: Path) -> None:
    (tmp_path / "grace.yaml").write_text(driver.example)
    (target,) = load_settings(tmp_path / "grace.yaml").targets
    assert target.kind == driver.kind
    assert driver.connection.read(target.connection, "connection")


def test_the_example_shows_every_option_that_brings_a_role(driver: AnyDriver) -> None:
    assert [option for option in driver.optional.values() if option not in _example(driver)] == []


def test_every_option_says_what_it_means(driver: AnyDriver) -> None:
    silent = [f"{model.__name__}.{name}" for model, name, words in _options(driver.connection) if len(words) < 10]
    assert silent == []


def test_an_unknown_option_is_refused(driver: AnyDriver) -> None:
    with pytest.raises(InputError, match="surprise"):
        driver.connection.read({**_example(driver), "surprise": 1}, "connection")


@pytest.mark.disable_socket
def test_opening_gives_the_promised_roles_and_touches_nothing(driver: AnyDriver, place: Place) -> None:
    said = _example(driver)
    assert set(place.open(driver, **said)) == driver.roles_with(said) == {*driver.roles, *driver.optional}
    assert list(place.folder.iterdir()) == []


def test_a_role_without_its_option_is_not_there(driver: AnyDriver, place: Place) -> None:
    for role, option in driver.optional.items():
        said = {key: value for key, value in _example(driver).items() if key != option}
        missing = {one for one, other in driver.optional.items() if other == option}
        assert set(place.open(driver, **said)) == driver.roles_with(said), role.__name__
        assert driver.roles_with(said) == {*driver.roles, *driver.optional} - missing


def test_a_switch_that_is_off_brings_no_role(driver: AnyDriver, place: Place) -> None:
    said = _example(driver)
    off = {option: False for option in driver.optional.values() if said[option] is True}
    for option, value in off.items():
        switched = {**said, option: value}
        try:
            opened = set(place.open(driver, **switched))
        except InputError:
            continue  # This switch can only be on.
        assert opened == driver.roles_with(switched), option


def test_what_plays_a_role_takes_what_the_role_asks_with(driver: AnyDriver, place: Place) -> None:
    for role, played in place.open(driver, **_example(driver)).items():
        for name, asked in inspect.getmembers(role, inspect.isfunction):
            if not name.startswith("_"):
                wanted = list(inspect.signature(asked).parameters)[1:]
                assert list(inspect.signature(getattr(played, name)).parameters) == wanted, f"{role.__name__}.{name}"


def test_a_secret_is_shown_nowhere(driver: AnyDriver, place: Place) -> None:
    opened = place.open(driver, **_example(driver))
    target = Target(name=TargetName("one"), kind=driver.kind, owner=Ownership.INTERNAL, connection={"password": SECRET})
    assert "hunter2" not in repr([opened, target])


@pytest.fixture
def place(driver: AnyDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    for name in _secrets(_example(driver)):
        monkeypatch.setenv(name, SECRET)
    return Place(tmp_path, str)


def _example(driver: AnyDriver) -> Mapping[str, Any]:
    found: Mapping[str, Any] = yaml.safe_load(driver.example)["targets"][0]["connection"]
    return found


def _secrets(said: Any) -> Iterator[str]:
    """Yield the environment variables that the example takes secrets from."""
    if isinstance(said, dict):
        if set(said) == {"env"} and isinstance(said["env"], str):
            yield said["env"]
        for inner in said.values():
            yield from _secrets(inner)


def _options(model: type[BaseModel]) -> Iterator[tuple[type[BaseModel], str, str]]:
    """Yield every option of a connection and of the groups in it, with its description."""
    for name, field in model.model_fields.items():
        yield model, name, field.description or ""
        for inner in (field.annotation, *get_args(field.annotation)):
            if isinstance(inner, type) and issubclass(inner, BaseModel) and inner is not Secret:
                yield from _options(inner)


def _elsewhere(code: str, *arguments: str) -> Mapping[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    found: Mapping[str, Any] = json.loads(done.stdout)
    return found
