"""Run a command that the target declares word by word."""

from typing import Annotated

from pydantic import Field

from grace_workers.actions.act import Act
from grace_workers.actions.params import Name
from grace_workers.actions.primitive import BlastRadius, Effect, Outcome, Preview, Repeat, done, unchanged
from grace_workers.actions.roles.declared_commands import DeclaredCommands
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import PermanentError


class RunCommandParams(Document):
    """`command` and the values of `arguments` are among those that the target's connection declares."""

    command: Name
    arguments: Annotated[dict[Name, Name], Field(max_length=10, default_factory=dict)]


class CommandBefore(Document):
    """Whether the effect was there already."""

    held: bool


class RunCommand(Act[DeclaredCommands, RunCommandParams, CommandBefore]):
    """Run a command that the target declares word by word."""

    role = DeclaredCommands
    params = RunCommandParams
    kept = CommandBefore
    repeat = Repeat.PROBEABLE

    def preview(self, target: DeclaredCommands, params: RunCommandParams) -> Preview:
        """Say what the command changes."""
        declared = target.command(params.command)
        blast = BlastRadius(count=1, unit="command", share=1.0)
        if target.holds(params.command, params.arguments):
            return Preview(changes=(f"leave it: the effect of {_shown(params)} is there already",), blast=blast)
        return Preview(changes=(f"run {_shown(params)}: {declared.changes}",), blast=blast)

    def snapshot(self, target: DeclaredCommands, params: RunCommandParams) -> CommandBefore:
        """Keep whether the effect was there."""
        return CommandBefore(held=target.holds(params.command, params.arguments))

    def apply(self, target: DeclaredCommands, params: RunCommandParams, before: CommandBefore) -> Outcome:
        """Run it, and look whether its effect is there."""
        del before
        if target.holds(params.command, params.arguments):
            return unchanged(f"the effect of {_shown(params)} is there already")
        said = target.run(params.command, params.arguments)
        if not target.holds(params.command, params.arguments):
            raise PermanentError(f"{_shown(params)} ended well, but its effect is not there; it wrote: {said}")
        return done(f"ran {_shown(params)}; it wrote: {said or 'nothing'}")

    def effect(self, target: DeclaredCommands, params: RunCommandParams, before: CommandBefore) -> Effect:
        """Present when the command's own look says so."""
        del before
        return Effect.PRESENT if target.holds(params.command, params.arguments) else Effect.ABSENT

    def restore(self, target: DeclaredCommands, params: RunCommandParams, before: CommandBefore) -> Outcome:
        """Undo it if its effect is there and was not, and the command says how."""
        if self.restored(target, params, before):
            return unchanged(f"the effect of {_shown(params)} is as it was, or cannot be undone")
        said = target.undo(params.command, params.arguments)
        return done(f"undid {_shown(params)}; it wrote: {said or 'nothing'}")

    def restored(self, target: DeclaredCommands, params: RunCommandParams, before: CommandBefore) -> bool:
        """Return whether the effect is there exactly when it was; what cannot be undone counts as the rest."""
        as_before = target.holds(params.command, params.arguments) == before.held
        return as_before or before.held or not target.command(params.command).can_undo


def _shown(params: RunCommandParams) -> str:
    words = "".join(f" {key}={value}" for key, value in sorted(params.arguments.items()))
    return f"command {params.command}{words}"


DEFINITION = RunCommand().primitive(
    "run_command",
    "Run a command that the target declares word by word.",
    aspect=Aspect.PERFORMANCE,
    risk=0.4,
    worst=BlastRadius(count=1, unit="command", share=1.0),
    irreversible="What a command did that declares no `undo` stays.",
)
