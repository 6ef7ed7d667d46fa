"""Levels of a real process, changed from another: applied, confirmed, restored."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from grace_workers.drivers._shared.control_file import ControlFile
from grace_workers.entrypoints.capture.levels import LevelControl
from grace_workers.foundation.errors import InputError, TransientError
from tests.waiting import until

ROOT = Path(__file__).parent.parent.parent.parent
SERVICE = """
import logging, sys, time
from grace_workers.entrypoints.capture.levels import LevelControl
logging.basicConfig(level=logging.WARNING, filename=sys.argv[2], format="%(levelname)s")
LevelControl(sys.argv[1]).start()
while True:
    logging.getLogger("shop").debug("noise")
    time.sleep(0.01)
"""


@pytest.fixture
def control(tmp_path: Path) -> Path:
    return tmp_path / "levels.json"


@pytest.fixture
def listener(control: Path) -> Iterator[LevelControl]:
    made = LevelControl(control, every=0.01).start()
    yield made
    made.stop()


@pytest.fixture
def logger() -> logging.Logger:
    return logging.getLogger(f"levels.{uuid4().hex}")


def test_another_process_really_logs_more_and_then_less(control: Path, tmp_path: Path) -> None:
    log = tmp_path / "service.log"
    service = subprocess.Popen([sys.executable, "-c", SERVICE, str(control), str(log)], cwd=ROOT)
    try:
        levels = ControlFile(control, patience=timedelta(seconds=10))
        assert levels.level("shop") == "WARNING"
        assert levels.set_level("shop", "DEBUG") == "DEBUG"
        until(lambda: "DEBUG" in log.read_text(), within=5)
        assert levels.set_level("shop", None) == "WARNING"
    finally:
        service.kill()
        service.wait()


def test_a_dead_listener_is_said_to_be_dead(control: Path) -> None:
    levels = ControlFile(control, patience=timedelta(milliseconds=200))
    with pytest.raises(TransientError, match=r"no process answers on .* must be running and call"):
        levels.set_level("shop", "DEBUG")


def test_an_answer_of_yesterday_does_not_count(control: Path, listener: LevelControl, logger: logging.Logger) -> None:
    levels = ControlFile(control, patience=timedelta(seconds=5))
    levels.set_level(logger.name, "DEBUG")
    listener.stop()
    with pytest.raises(TransientError):
        ControlFile(control, patience=timedelta(milliseconds=100)).level(logger.name)


def test_removing_our_setting_puts_back_what_the_process_had(
    control: Path, listener: LevelControl, logger: logging.Logger
) -> None:
    logger.setLevel(logging.ERROR)
    levels = ControlFile(control)
    levels.set_level(logger.name, "DEBUG")
    levels.set_level(logger.name, "INFO")
    assert logger.level == logging.INFO
    assert levels.set_level(logger.name, None) == "ERROR"
    assert logger.level == logging.ERROR


def test_a_logger_that_inherited_inherits_again(control: Path, listener: LevelControl, logger: logging.Logger) -> None:
    levels = ControlFile(control)
    levels.set_level(logger.name, "CRITICAL")
    levels.set_level(logger.name, None)
    assert logger.level == logging.NOTSET


def test_a_removed_control_file_puts_everything_back(
    control: Path, listener: LevelControl, logger: logging.Logger
) -> None:
    ControlFile(control).set_level(logger.name, "DEBUG")
    control.unlink()
    until(lambda: logger.level == logging.NOTSET, within=5)


def test_a_restarted_process_takes_the_setting_over(
    control: Path, listener: LevelControl, logger: logging.Logger
) -> None:
    ControlFile(control).set_level(logger.name, "DEBUG")
    listener.stop()
    assert logger.level == logging.NOTSET
    again = LevelControl(control, every=0.01).start()
    until(lambda: logger.level == logging.DEBUG, within=5)
    again.stop()


def test_settings_of_several_loggers_stand_side_by_side(control: Path, listener: LevelControl) -> None:
    levels, first, second = ControlFile(control), f"a.{uuid4().hex}", f"b.{uuid4().hex}"
    levels.set_level(first, "DEBUG")
    levels.set_level(second, "ERROR")
    assert (levels.own_level(first), levels.own_level(second)) == ("DEBUG", "ERROR")
    assert (levels.level(first), levels.level(second)) == ("DEBUG", "ERROR")


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", '{"nonce": 1}', '{"nonce": "1", "levels": [], "watch": 1}', "[" * 50_000, "\x00" * 100],
)
def test_a_bad_control_file_neither_hurts_nor_silences_the_listener(
    control: Path, listener: LevelControl, logger: logging.Logger, content: str
) -> None:
    control.write_text(content)
    until(lambda: listener._seen is not None, within=5)
    control.unlink()
    assert ControlFile(control, patience=timedelta(seconds=5)).set_level(logger.name, "DEBUG") == "DEBUG"


def test_a_foreign_control_file_is_not_overwritten(control: Path) -> None:
    control.write_text('["somebody", "else"]')
    with pytest.raises(InputError, match="not written by Grace"):
        ControlFile(control).set_level("shop", "DEBUG")
    assert json.loads(control.read_text()) == ["somebody", "else"]


def test_an_unknown_level_is_refused(control: Path) -> None:
    with pytest.raises(InputError, match="LOUD"):
        ControlFile(control).set_level("shop", "LOUD")


def test_starting_twice_listens_once(control: Path, listener: LevelControl) -> None:
    thread = listener._thread
    assert listener.start()._thread is thread


def test_a_stopped_listener_can_start_again(control: Path, listener: LevelControl, logger: logging.Logger) -> None:
    ControlFile(control).set_level(logger.name, "DEBUG")
    listener.stop()
    listener.start()
    until(lambda: logger.level == logging.DEBUG, within=5)


@pytest.mark.parametrize("place", ["levels.json", "levels.json.state"])
def test_a_pipe_or_folder_instead_of_a_file_blocks_no_one(control: Path, place: str) -> None:
    levels = ControlFile(control, patience=timedelta(seconds=0.1))
    os.mkfifo(control.with_name(place))
    with pytest.raises(TransientError):
        levels.level("shop")
    control.with_name(place).unlink()
    control.with_name(place).mkdir()
    with pytest.raises(TransientError):
        levels.level("shop")


def test_a_control_file_that_others_may_write_changes_no_level(control: Path, logger: logging.Logger) -> None:
    logger.setLevel(logging.WARNING)
    content = json.dumps({"nonce": "1", "levels": {logger.name: "DEBUG"}, "watch": []})
    state = control.with_name(f"{control.name}.state")
    control.write_text(content)
    control.chmod(0o666)
    listener = LevelControl(control, every=0.01).start()
    try:
        until(lambda: listener._seen is not None, within=5)
        assert (logger.level, state.exists()) == (logging.WARNING, False)
        control.unlink()
        control.write_text(content)
        until(state.exists, within=5)
        assert logger.level == logging.DEBUG
        assert state.stat().st_mode & 0o022 == 0
    finally:
        listener.stop()
