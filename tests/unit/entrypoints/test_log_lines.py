"""What a node's processes write into their logs."""

import logging

import pytest
import structlog

from grace_workers.entrypoints.log_lines import set_up
from grace_workers.settings import LogSettings, Settings


@pytest.fixture(autouse=True)
def _as_it_was():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:], root.level = handlers, level


@pytest.mark.parametrize("json_lines", [True, False])
def test_a_traceback_shows_no_local_variable(json_lines, capsys):
    set_up(Settings(log=LogSettings(json_lines=json_lines)))
    secret = "hush" * 2
    with pytest.raises(ValueError) as caught:
        int(secret[:1])
    structlog.get_logger().error("job_raised", exc_info=caught.value)

    written = capsys.readouterr().out
    assert "ValueError" in written
    assert secret not in written


def test_the_level_of_the_settings_counts(capsys):
    set_up(Settings(log=LogSettings(level="ERROR")))
    structlog.get_logger().warning("quiet_please")
    assert capsys.readouterr().out == ""
