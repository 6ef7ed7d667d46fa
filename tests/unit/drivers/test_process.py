import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from grace_workers.actions import ErrorLog, HttpProbe, LogLevels, Restartable, RunningProcesses
from grace_workers.drivers.process import DEFINITION
from grace_workers.foundation.errors import InputError
from tests.conformance.roles.implementations import Place
from tests.conformance.roles.stands import Log, Service, listening_logger, log_file, web_server

SLEEPER = [sys.executable, "-I", "-S", "-c", "import time; time.sleep(600)"]
SAID = {"command": ["true"], "pid_file": "shop.pid"}


@contextmanager
def restartable(place: Place) -> Iterator[Restartable]:
    service = place.open(DEFINITION, command=SLEEPER, pid_file=str(place.folder / "pid"))[Restartable]
    yield service
    service.stop(timedelta(0))


@contextmanager
def running_processes(place: Place) -> Iterator[RunningProcesses]:
    roles = place.open(DEFINITION, command=SLEEPER, pid_file=str(place.folder / "pid"))
    roles[Restartable].start()
    yield roles[RunningProcesses]
    roles[Restartable].stop(timedelta(0))


@contextmanager
def http_probe(place: Place) -> Iterator[Service]:
    with web_server() as (url, answer):
        yield Service(place.open(DEFINITION, **SAID, http=url)[HttpProbe], answer)


@contextmanager
def error_log(place: Place) -> Iterator[Log]:
    path = place.folder / "shop.log"
    yield log_file(place.open(DEFINITION, **SAID, error_log=str(path))[ErrorLog], path)


@contextmanager
def log_levels(place: Place) -> Iterator[tuple[LogLevels, str]]:
    control = place.folder / "levels.json"
    with listening_logger(control) as name:
        yield place.open(DEFINITION, **SAID, log_control=str(control))[LogLevels], name


@pytest.mark.parametrize(
    "said",
    [
        {},
        {**SAID, "command": []},
        {**SAID, "command": ["a\x00b"]},
        {**SAID, "pid_file": "a\x00b"},
        {**SAID, "ready": {"tcp": "nowhere"}},
        {**SAID, "ready": {"tcp": "a:1", "http": "http://a"}},
        {**SAID, "env": {"A B": "x"}},
        {**SAID, "error_log": "a", "error_log_zone": "Mars/Base"},
        {**SAID, "http": "ftp://a"},
    ],
)
def test_a_connection_that_does_not_fit_is_refused(tmp_path, said):
    with pytest.raises(InputError):
        Place(tmp_path, str).open(DEFINITION, **said)


def test_a_secret_of_the_environment_is_shown_nowhere(tmp_path, monkeypatch):
    monkeypatch.setenv("SHOP_KEY", "hunter2")
    opened = Place(tmp_path, str).open(DEFINITION, **SAID, env={"KEY": {"env": "SHOP_KEY"}})
    assert "hunter2" not in repr([opened, vars(opened[Restartable])])
