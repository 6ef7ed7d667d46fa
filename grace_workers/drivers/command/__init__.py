"""Commands that an operator declares word by word, for what no other kind of target covers."""

from datetime import timedelta
from string import Formatter
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from grace_workers.actions import DeclaredCommands, Driver, DriverContext, EnvironmentProof, Roles
from grace_workers.foundation.document import Document
from grace_workers.foundation.field_types import FilePath, OneLine, Timeout
from grace_workers.foundation.ids import TargetKind
from grace_workers.foundation.secret import EnvironmentName, SecretText

Label = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
# A value never begins like an option and holds no blank, so it stays one word whatever reads it.
Allowed = Annotated[str, StringConstraints(max_length=200, pattern=r"^[A-Za-z0-9_./:@][A-Za-z0-9_./:@%+=-]*$")]
Line = Annotated[tuple[OneLine, ...], Field(min_length=1, max_length=50)]


class CommandForm(Document):
    """One command. In its lines, a word `{name}` stands for the argument of that name."""

    changes: OneLine = Field(description="What it changes, as people read it before they approve.")
    run: Line = Field(description="The program, by its full path, and its words. No shell reads them.")
    look: Line = Field(description="What ends with exit code 0 exactly when the effect is there, and changes nothing.")
    undo: Line | None = Field(default=None, description="What takes it back. Default: it cannot be taken back.")
    arguments: dict[Label, Annotated[tuple[Allowed, ...], Field(min_length=1, max_length=100)]] = Field(
        default_factory=dict, description="The values that each argument may have."
    )
    timeout: Timeout = Field(default=timedelta(minutes=1), description="How long each of them may take.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for line in (self.run, self.look, self.undo or ()):
            if line and not line[0].startswith("/"):
                raise ValueError(f"begin {line[0]!r} with `/`: a program is named by its full path")
            for word in line:
                _known(word, self.arguments)
        return self


def _known(word: str, arguments: dict[str, tuple[str, ...]]) -> None:
    if not word.startswith("{") or not word.endswith("}"):
        return
    names = [name for _, name, _, _ in Formatter().parse(word) if name is not None]
    if names != [word[1:-1]] or word[1:-1] not in arguments:
        raise ValueError(f"word {word!r} names no argument; declare it in `arguments`")


class CommandConnection(Document):
    """Commands that run on the machine of the node, as Grace's user, each declared word by word.

    Nothing else runs: there is no shell, an argument has one of the declared values, standard input is empty, output is
    bounded, and the environment holds `PATH`, `LC_ALL` and what `env` says. A command that is still running after its
    `timeout` is killed with all that it started in its process group. It is not confined otherwise, because it is there
    to change the machine: give Grace's user no more rights than the commands need.
    """

    commands: Annotated[dict[Label, CommandForm], Field(min_length=1, max_length=100)] = Field(
        description="The commands, by name."
    )
    cwd: FilePath | None = Field(default=None, description="Their working directory. Default: `/`.")
    env: dict[EnvironmentName, SecretText] = Field(default_factory=dict, description="Environment variables.")


def open_command(said: CommandConnection, context: DriverContext) -> Roles:
    """Return the commands."""
    from grace_workers.drivers._shared.machine import Machine
    from grace_workers.drivers.command.programs import ProgramCommands

    del context
    commands: DeclaredCommands = ProgramCommands(said)
    proof: EnvironmentProof = Machine()
    return {DeclaredCommands: commands, EnvironmentProof: proof}


EXAMPLE = """\
targets:
  - name: shop-maintenance
    kind: command
    owner: internal
    connection:
      commands:
        drain_node:
          changes: takes one of the two nodes out of the load balancer
          run: [/opt/shop/bin/lb, drain, "{node}"]
          look: [/opt/shop/bin/lb, is-drained, "{node}"]
          undo: [/opt/shop/bin/lb, enable, "{node}"]
          arguments: {node: [shop-1, shop-2]}
"""

DEFINITION = Driver(
    kind=TargetKind("command"),
    connection=CommandConnection,
    roles=(DeclaredCommands, EnvironmentProof),
    open=open_command,
    example=EXAMPLE,
)
