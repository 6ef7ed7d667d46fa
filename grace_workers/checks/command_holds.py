"""Whether the effect of a declared command is there."""

from collections.abc import Mapping, Sequence

from grace_workers.actions import DeclaredCommands, Name
from grace_workers.checks.check import EVERY_KIND, Check, Labels, above, listed
from grace_workers.foundation.document import Document, JsonValue


class CommandHoldsParams(Document):
    """`command` is one that the target declares."""

    command: Name


def probe(commands: DeclaredCommands, params: CommandHoldsParams) -> float:
    """Return 1 when its own look finds the effect, else 0."""
    return float(commands.holds(params.command, {}))


def _commands(labels: Labels) -> Sequence[Mapping[str, JsonValue]]:
    """Return one reading for each command that the label `must_hold` names, separated by commas."""
    return [{"command": command} for command in listed(labels, "must_hold")]


DEFINITION = Check(
    name="command_holds",
    summary="1 when the effect of a declared command is there, as its own look finds it, else 0.",
    unit="",
    role=DeclaredCommands,
    params=CommandHoldsParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    from_labels=_commands,
    tolerates=above("command_holds", 0),
)
