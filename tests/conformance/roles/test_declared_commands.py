"""What every `DeclaredCommands` promises. A stand declares `switch` with the argument `node`, a or b, and `failing`.

`switch` can be undone, `failing` cannot and fails.
"""

from collections.abc import Iterator

import pytest

from grace_workers.actions import DeclaredCommand, DeclaredCommands
from grace_workers.foundation.errors import InputError, NotFoundError, PermanentError
from grace_workers.testing import MemoryCommands
from tests.conformance.roles.implementations import implementations, stand

A = {"node": "a"}


@pytest.fixture(params=implementations(DeclaredCommands))
def commands(request: pytest.FixtureRequest) -> Iterator[DeclaredCommands]:
    if request.param == "memory":
        switch = DeclaredCommand(
            name="switch", changes="switches a node", arguments={"node": ("a", "b")}, can_undo=True
        )
        failing = DeclaredCommand(name="failing", changes="fails")
        yield MemoryCommands({"switch": switch, "failing": failing}, failing={"failing"})
        return
    with stand(request.param, DeclaredCommands, request) as made:
        yield made


def test_the_declared_commands_are_told(commands: DeclaredCommands) -> None:
    assert [one.name for one in commands.commands()] == ["failing", "switch"]
    switch = commands.command("switch")
    assert (switch.arguments, switch.can_undo) == ({"node": ("a", "b")}, True)


def test_a_command_has_its_effect_and_an_undo_takes_it_back(commands: DeclaredCommands) -> None:
    assert not commands.holds("switch", A)
    commands.run("switch", A)
    assert commands.holds("switch", A)
    assert not commands.holds("switch", {"node": "b"})
    commands.undo("switch", A)
    assert not commands.holds("switch", A)


def test_a_command_that_fails_says_so_and_one_without_undo_cannot_be_undone(commands: DeclaredCommands) -> None:
    with pytest.raises(PermanentError, match="failing"):
        commands.run("failing", {})
    with pytest.raises(PermanentError, match="undo"):
        commands.undo("failing", {})


@pytest.mark.parametrize(
    "arguments",
    [{}, {"node": "c"}, {"node": "--help"}, {"node": "a; rm -rf /"}, {"node": "a", "more": "1"}, {"Node": "a"}],
)
def test_an_argument_that_is_not_declared_runs_nothing(commands: DeclaredCommands, arguments: dict[str, str]) -> None:
    for ask in (commands.holds, commands.run, commands.undo):
        with pytest.raises(InputError):
            ask("switch", arguments)
    assert not commands.holds("switch", A)


@pytest.mark.parametrize("name", ["ghost", "", "--help", "switch "])
def test_a_command_that_is_not_declared_is_not_run(commands: DeclaredCommands, name: str) -> None:
    for ask in (lambda one: commands.run(one, A), commands.command):
        with pytest.raises(NotFoundError):
            ask(name)
