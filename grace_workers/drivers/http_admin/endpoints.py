"""The declared commands of one target, carried out by requests."""

from collections.abc import Mapping, Sequence
from typing import Any

from grace_workers.actions import DeclaredCommand, DeclaredCommands
from grace_workers.drivers._shared.awaiting import awaited
from grace_workers.drivers._shared.bearer import bearer
from grace_workers.drivers._shared.declared import check_arguments, declared_form
from grace_workers.drivers._shared.rest import RestApi
from grace_workers.drivers.http_admin import AdminCall, AdminCommand, HttpAdminConnection
from grace_workers.foundation.errors import PermanentError


class AdminEndpoints(DeclaredCommands):
    """Commands of a connection. A run ends when the look shows the effect, an undo when it shows it no more."""

    def __init__(self, said: HttpAdminConnection) -> None:
        self._said = said
        self._service = RestApi("the service", said.url, lambda: bearer(said.token, "the service"), plain=True)

    def commands(self) -> Sequence[DeclaredCommand]:
        return [self.command(name) for name in sorted(self._said.commands)]

    def command(self, name: str) -> DeclaredCommand:
        form = self._form(name)
        return DeclaredCommand(
            name=name, changes=form.changes, arguments=form.arguments, can_undo=form.undo is not None
        )

    def holds(self, name: str, arguments: Mapping[str, str]) -> bool:
        """Return whether the look shows the effect. Raises PermanentError when the place it looks at is not there."""
        form = self._form(name)
        check_arguments(name, form.arguments, arguments)
        found = self._service.ask("GET", _filled(form.look.path, arguments), what=f"`look` of command {name!r}").body
        for field in form.look.at:
            if not isinstance(found, dict) or field not in found:
                raise PermanentError(f"`look` of command {name!r}: the answer has no {'.'.join(form.look.at)!r}")
            found = found[field]
        # In Python `True == 1`, and in JSON it is not; there `1` and `1.0` are one number.
        wanted = form.look.equals
        return isinstance(found, bool) is isinstance(wanted, bool) and bool(found == wanted)

    def run(self, name: str, arguments: Mapping[str, str]) -> str:
        return self._done(name, "run", self._form(name).run, arguments, held=True)

    def undo(self, name: str, arguments: Mapping[str, str]) -> str:
        call = self._form(name).undo
        if call is None:
            raise PermanentError(f"command {name!r} declares no `undo`, so it cannot be taken back")
        return self._done(name, "undo", call, arguments, held=False)

    def _done(self, name: str, what: str, call: AdminCall, arguments: Mapping[str, str], *, held: bool) -> str:
        form = self._form(name)
        check_arguments(name, form.arguments, arguments)
        words = f"`{what}` of command {name!r}"
        body = None if call.body is None else {key: _value(one, arguments) for key, one in call.body.items()}
        self._service.ask(call.method, _filled(call.path, arguments), body, what=words)
        seconds = form.timeout.total_seconds()
        late = f"{words} was accepted, and its look does not show that within {seconds:g} s"
        awaited(lambda: self.holds(name, arguments), lambda one: one is held, late, within=seconds)
        return ""

    def _form(self, name: str) -> AdminCommand:
        return declared_form(name, self._said.commands)


def _filled(text: str, arguments: Mapping[str, str]) -> str:
    for name, value in arguments.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _value(told: Any, arguments: Mapping[str, str]) -> Any:
    return _filled(told, arguments) if isinstance(told, str) else told
