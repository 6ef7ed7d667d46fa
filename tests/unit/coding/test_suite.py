"""Which test commands are accepted."""

import pytest

from grace_workers.coding.suite import PytestCommand
from grace_workers.foundation.errors import InputError


def test_a_command_is_an_interpreter_and_what_pytest_is_given():
    read = PytestCommand.read(["/usr/bin/python3", "-m", "pytest", "-q", "tests"])
    assert (read.python, read.arguments) == ("/usr/bin/python3", ("-q", "tests"))


@pytest.mark.parametrize("words", [["pytest"], ["python3", "-m", "pytest"], ["/usr/bin/python3", "-c", "1"], []])
def test_another_command_is_refused(words):
    with pytest.raises(InputError, match="give one"):
        PytestCommand.read(words)


def test_the_sandbox_is_shown_the_virtual_environment_and_what_it_was_made_from(tmp_path):
    python = tmp_path / "env" / "bin" / "python"
    (tmp_path / "made" / "lib" / "python3.11").mkdir(parents=True)
    python.parent.mkdir(parents=True)
    (tmp_path / "env" / "pyvenv.cfg").write_text(f"home = {tmp_path}/made/bin\n", encoding="utf-8")
    python.touch()
    assert PytestCommand(str(python), ()).homes() == [tmp_path / "env", tmp_path / "made"]
