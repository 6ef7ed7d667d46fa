import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from grace_workers.actions.primitives.set_logging_level import DEFINITION, Level, LoggingLevelParams
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryLevels
from tests.conformance.primitive_cases import InMemory, Real
from tests.conformance.roles.stands import listening_logger

PARAMS = LoggingLevelParams(logger="shop.cart", level=Level.DEBUG)


def in_memory() -> InMemory:
    levels = MemoryLevels(configured={"app": "INFO"})

    def look() -> object:
        return levels.level("app"), levels.own_level("app")

    return InMemory(role=levels, params={"logger": "app", "level": "DEBUG"}, look=look)


@contextmanager
def real(folder: Path) -> Iterator[Real]:
    with listening_logger(folder / "levels.json") as name:
        yield _real(TargetKind("logging"), {"control_file": str(folder / "levels.json")}, name)


@contextmanager
def real_process(folder: Path) -> Iterator[Real]:
    said = {"command": ["true"], "pid_file": str(folder / "pid"), "log_control": str(folder / "levels.json")}
    with listening_logger(folder / "levels.json") as name:
        yield _real(TargetKind("process"), said, name)


def _real(kind: TargetKind, said: dict[str, object], name: str) -> Real:
    params = {"logger": name, "level": "DEBUG"}
    return Real(kind=kind, connection=said, params=params, look=lambda: logging.getLogger(name).level)


def test_the_level_is_set_on_that_logger_only() -> None:
    levels = MemoryLevels(configured={"shop": "INFO"})
    DEFINITION.apply(levels, PARAMS, DEFINITION.snapshot(levels, PARAMS))
    assert (levels.level("shop.cart"), levels.level("shop")) == ("DEBUG", "INFO")


def test_restore_removes_our_setting_rather_than_pin_the_old_level() -> None:
    levels = MemoryLevels(configured={"shop": "INFO"})
    kept = DEFINITION.snapshot(levels, PARAMS)
    DEFINITION.apply(levels, PARAMS, kept)
    DEFINITION.restore(levels, PARAMS, kept)
    assert levels.ours == {}
    assert levels.level("shop.cart") == "INFO"


def test_restore_brings_an_earlier_setting_of_ours_back() -> None:
    levels = MemoryLevels(ours={"shop.cart": "ERROR"})
    kept = DEFINITION.snapshot(levels, PARAMS)
    DEFINITION.apply(levels, PARAMS, kept)
    DEFINITION.restore(levels, PARAMS, kept)
    assert levels.ours == {"shop.cart": "ERROR"}


def test_the_root_logger_is_named_in_words() -> None:
    preview = DEFINITION.preview(MemoryLevels(), LoggingLevelParams(level=Level.ERROR))
    assert preview.changes == ("set the root logger from WARNING to ERROR",)


@pytest.mark.parametrize("raw", [{"level": "LOUD"}, {"level": "debug"}, {"level": "INFO", "logger": "a\x00"}, {}])
def test_senseless_params_are_refused(raw: dict[str, object]) -> None:
    with pytest.raises(InputError):
        LoggingLevelParams.read(raw, "params")
