"""The declared commands of one target, run as programs."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from grace_workers.actions import DeclaredCommand, DeclaredCommands
from grace_workers.drivers._shared.declared import check_arguments, declared_form
from grace_workers.drivers._shared.program import Ran, run
from grace_workers.drivers.command import CommandConnection, CommandForm
from grace_workers.foundation.errors import PermanentError
from grace_workers.foundation.secret import reveal

_MOST = 1 << 16


class ProgramCommands(DeclaredCommands):
    """Commands of a connection. A secret of `env` is read when a command runs."""

    def __init__(self, said: CommandConnection) -> None:
        self._said = said

    def commands(self) -> Sequence[DeclaredCommand]:
        return [self.command(name) for name in sorted(self._said.commands)]

    def command(self, name: str) -> DeclaredCommand:
        form = self._form(name)
        return DeclaredCommand(
            name=name, changes=form.changes, arguments=form.arguments, can_undo=form.undo is not None
        )

    def holds(self, name: str, arguments: Mapping[str, str]) -> bool:
        """Return whether `look` ends with 0. Raises PermanentError when it is killed by a signal."""
        ran = self._run(name, self._form(name).look, arguments)
        if ran.code < 0:
            raise PermanentError(f"`look` of command {name!r} was ended by signal {-ran.code}")
        return ran.code == 0

    def run(self, name: str, arguments: Mapping[str, str]) -> str:
        return self._done(name, "run", self._run(name, self._form(name).run, arguments))

    def undo(self, name: str, arguments: Mapping[str, str]) -> str:
        line = self._form(name).undo
        if line is None:
            raise PermanentError(f"command {name!r} declares no `undo`, so it cannot be taken back")
        return self._done(name, "undo", self._run(name, line, arguments))

    def _form(self, name: str) -> CommandForm:
        return declared_form(name, self._said.commands)

    def _run(self, name: str, line: Sequence[str], arguments: Mapping[str, str]) -> Ran:
        form = self._form(name)
        check_arguments(name, form.arguments, arguments)
        words = [arguments[word[1:-1]] if word[:1] == "{" and word[1:-1] in form.arguments else word for word in line]
        env = {key: reveal(text, f"env {key}") for key, text in self._said.env.items()}
        return run(words, patience=form.timeout, env=env, cwd=self._said.cwd or Path("/"), most=_MOST)

    @staticmethod
    def _done(name: str, what: str, ran: Ran) -> str:
        if ran.code != 0:
            ended = f"signal {-ran.code}" if ran.code < 0 else f"exit code {ran.code}"
            raise PermanentError(f"`{what}` of command {name!r} ended with {ended}: {ran.words}")
        return ran.words if ran.out.strip() or ran.err.strip() else ""
