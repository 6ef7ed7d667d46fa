"""`cli_command`: a function as a command of the shell, with its parameters as arguments and options."""

import ast
from collections.abc import Sequence
from typing import Any

from pydantic import Field

from grace_workers.coding.engines.recipe.insertion import module_name, plain_function
from grace_workers.coding.engines.recipe.signature import PlainParameter, parameters_of
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.recipes.recipe import Recipe, RecipeFiles, Site
from grace_workers.coding.task import TaskType
from grace_workers.foundation.document import Document

_CODE = '''"""`{function}` as a command: `python -m {command}`."""

import argparse
import sys
from collections.abc import Sequence
{path}
from {module} import {function}


def main(arguments: Sequence[str] | None = None) -> int:
    """Call `{function}` with what the command line says, and print what it returns. Return the exit code."""
    parser = argparse.ArgumentParser(prog="{prog}", description={about})
{rows}
    given = parser.parse_args(arguments)
    try:
        result = {function}({passed})
    except (ValueError, OSError) as error:
        print(f"{prog}: {{error}}", file=sys.stderr)
        return 1
    if result is not None:
        print(result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
'''
_TESTS = """{path}import pytest

import {command} as command

WORDS = {words}
VALUES = {values}


def calls(monkeypatch, result=None):
    seen = []

    def instead(*args, **kwargs):
        seen.append((args, kwargs))
        if isinstance(result, Exception):
            raise result
        return result

    monkeypatch.setattr(command, "{function}", instead)
    return seen


def test_the_function_gets_what_the_command_line_says(monkeypatch, capsys):
    seen = calls(monkeypatch, "result")
    assert command.main(WORDS) == 0
    assert [list(args) + list(kwargs.values()) for args, kwargs in seen] == [VALUES]
    assert capsys.readouterr().out == "result\\n"


def test_nothing_is_printed_where_nothing_is_returned(monkeypatch, capsys):
    calls(monkeypatch)
    assert command.main(WORDS) == 0
    assert capsys.readouterr().out == ""


def test_an_error_is_a_sentence_and_an_exit_code(monkeypatch, capsys):
    calls(monkeypatch, ValueError("no such order"))
    assert command.main(WORDS) == 1
    assert capsys.readouterr().err == "{prog}: no such order\\n"


@pytest.mark.parametrize("words", [[*WORDS, "--no-such-option"], [*WORDS, "too", "many", "words"]])
def test_wrong_words_are_refused(monkeypatch, words):
    seen = calls(monkeypatch)
    with pytest.raises(SystemExit) as ended:
        command.main(words)
    assert ended.value.code == 2
    assert seen == []


def test_the_command_tells_what_it_takes(capsys):
    with pytest.raises(SystemExit) as ended:
        command.main(["--help"])
    assert ended.value.code == 0
    assert "usage: {prog}" in capsys.readouterr().out
"""
_KINDS: dict[str, tuple[str, str]] = {
    "str": ("seven", "'seven'"), "int": ("7", "7"), "float": ("0.5", "0.5"), "Path": ("a/b", "Path('a/b')"),
}  # fmt: skip
"""A type that a word can have, with a word of it, and its value."""


class CliCommandOptions(Document):
    """`function` is `FILE::FUNCTION`, a function whose parameters are texts, numbers, paths or switches."""

    function: str = Field(min_length=4, max_length=500, pattern=r"\.py::[A-Za-z_][A-Za-z0-9_]*$")


class _Parameter(PlainParameter):
    """A parameter that is an argument or an option."""

    __slots__ = ()

    @property
    def options(self) -> list[str]:
        """All options that it takes."""
        named = [self.option] if self.is_option else []
        return [*named, f"--no-{self.option[2:]}"] if self.kind == "bool" else named

    @property
    def is_option(self) -> bool:
        """Whether it is given by an option, not by its place."""
        return self.kind == "bool" or self.default is not None

    @property
    def option(self) -> str:
        """The option by which it is given."""
        return f"--{self.name.strip('_').replace('_', '-')}"

    @property
    def row(self) -> str:
        """The statement that declares it."""
        if self.kind == "bool":
            given = f"action=argparse.BooleanOptionalAction, default={self.default or 'False'}"
            return f'    parser.add_argument("{self.option}", dest="{self.name}", {given})'
        if self.default is None:
            return f'    parser.add_argument("{self.name}", type={self.kind})'
        return f'    parser.add_argument("{self.option}", dest="{self.name}", type={self.kind}, default={self.default})'

    @property
    def passed(self) -> str:
        """How what the command line says is passed on."""
        return f"{self.name}=given.{self.name}" if self.named else f"given.{self.name}"

    @property
    def value(self) -> str:
        """The value that the tests expect."""
        if self.kind == "bool":
            return "True"
        return _KINDS[self.kind][1]

    @property
    def words(self) -> list[str]:
        """The words of a command line that give it this value."""
        if self.kind == "bool":
            return [self.option]
        word = _KINDS[self.kind][0]
        return [self.option, word] if self.is_option else [word]


def _write(options: CliCommandOptions, site: Site) -> RecipeFiles | Reason:
    file, _, function = options.function.partition("::")
    found = plain_function(site, options.function)
    if isinstance(found, Reason):
        return found
    read = list(parameters_of(found[1], {*_KINDS, "bool"}))
    known = [_Parameter(one.name, one.kind, one.default, one.named) for one in read if isinstance(one, PlainParameter)]
    odd = next((one for one in read if isinstance(one, str)), None) or _collision(known)
    if odd is not None:
        words = f"{function} cannot be called from the shell: {odd}."
        return Reason(ReasonCode.UNSUPPORTED, words)
    command_file = site.beside(file, f"{function.strip('_')}_command.py")
    command, facts = module_name(command_file), _facts(known)
    facts |= {
        "function": function, "module": module_name(file), "command": command,
        "prog": function.strip("_").replace("_", "-"),
        "about": repr((ast.get_docstring(found[1]) or f"Call {function}.").split("\n")[0].replace("%", "%%")),
    }  # fmt: skip
    name = function.strip("_")
    return RecipeFiles(
        new={command_file: _CODE.format(**facts)},
        tests={site.test_file(f"{name}_command"): _TESTS.format(**facts)},
        subject=f"Offer {function} of {file} as a command",
        story=(
            f"`python -m {command}` calls {function} and prints what it returns",
            "a ValueError or an OSError is a sentence on standard error, with exit code 1",
            f'to install it as `{facts["prog"]}`, add "{command}:main" to [project.scripts] of pyproject.toml',
        ),
    )


def _facts(parameters: list[_Parameter]) -> dict[str, Any]:
    paths = any(one.kind == "Path" for one in parameters)
    return {
        "path": "from pathlib import Path\n" if paths else "",
        "rows": "\n".join(one.row for one in parameters),
        "passed": ", ".join(one.passed for one in parameters),
        "words": repr([word for one in parameters for word in one.words]),
        "values": f"[{', '.join(one.value for one in parameters)}]",
    }


def _collision(parameters: Sequence[_Parameter]) -> str | None:
    """Return which two would be one option; the shell's own `--help` counts."""
    taken = {"--help": "the help"}
    for one in parameters:
        for option in one.options:
            if option in taken:
                return f"{one.name} would have the option {option}, which is that of {taken[option]}"
            taken[option] = one.name
    return None


DEFINITION = Recipe(
    name="cli_command",
    about="a function as a command of the shell",
    task=TaskType.BUILD_FEATURE,
    options=CliCommandOptions,
    write=_write,
)
