"""What every `LogLevels` promises. A stand is the role, and the name of a logger of level INFO."""

from collections.abc import Iterator

import pytest

from grace_workers.actions import LogLevels
from grace_workers.testing import MemoryLevels
from tests.conformance.roles.implementations import implementations, stand


@pytest.fixture(params=implementations(LogLevels))
def levels(request: pytest.FixtureRequest) -> Iterator[tuple[LogLevels, str]]:
    if request.param == "memory":
        yield MemoryLevels(configured={"shop": "INFO"}), "shop"
        return
    with stand(request.param, LogLevels, request) as made:
        yield made


def test_a_level_is_set_for_all_below_and_taken_back(levels: tuple[LogLevels, str]) -> None:
    role, name = levels
    assert (role.level(name), role.own_level(name)) == ("INFO", None)
    assert role.set_level(name, "ERROR") == "ERROR"
    assert (role.level(f"{name}.below"), role.own_level(name)) == ("ERROR", "ERROR")
    assert role.set_level(name, None) == "INFO"
    assert (role.level(name), role.own_level(name)) == ("INFO", None)


def test_taking_back_what_was_never_set_is_harmless(levels: tuple[LogLevels, str]) -> None:
    role, name = levels
    assert role.set_level(name, None) == "INFO"
