from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from grace_workers.actions import DeclaredCommand, OutcomeStatus
from grace_workers.actions.primitives.run_command import DEFINITION, RunCommandParams
from grace_workers.foundation.errors import InputError, NotFoundError, PermanentError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryCommands
from tests.admin_service import SWITCH, TOKEN, admin_service
from tests.conformance.primitive_cases import InMemory, Real, shape

PARAMS = RunCommandParams(command="switch", arguments={"node": "a"})


def role(*, can_undo: bool = True) -> MemoryCommands:
    switch = DeclaredCommand(name="switch", changes="takes out", arguments={"node": ("a", "b")}, can_undo=can_undo)
    return MemoryCommands({"switch": switch})


def in_memory() -> InMemory:
    commands = role()
    return InMemory(
        role=commands, params={"command": "switch", "arguments": {"node": "a"}}, look=lambda: set(commands.effects)
    )


def real(folder: Path) -> Real:
    place = folder / "nodes"
    place.mkdir()
    switch = {
        "changes": "takes a node out",
        "run": ["/usr/bin/touch", "{node}"],
        "look": ["/usr/bin/test", "-e", "{node}"],
        "undo": ["/bin/rm", "-f", "{node}"],
        "arguments": {"node": ["a", "b"]},
    }
    return Real(
        kind=TargetKind("command"),
        connection={"commands": {"switch": switch}, "cwd": str(place)},
        params={"command": "switch", "arguments": {"node": "a"}},
        look=lambda: sorted(shape(place)),
    )


@contextmanager
def real_http_admin(folder: Path) -> Iterator[Real]:
    file = folder / "token"
    file.write_text(TOKEN)
    file.chmod(0o600)
    with admin_service() as (service, api):
        said = {"url": api.url, "token": {"file": str(file)}, "commands": {"switch": SWITCH}}
        params = {"command": "switch", "arguments": {"node": "a"}}
        yield Real(kind=TargetKind("http_admin"), connection=said, params=params, look=lambda: dict(service.out))


def test_the_preview_says_what_the_declaration_says() -> None:
    assert DEFINITION.preview(role(), PARAMS).changes == ("run command switch node=a: takes out",)


def test_an_effect_that_is_there_is_left_alone_and_not_undone() -> None:
    commands = role()
    commands.run("switch", {"node": "a"})
    kept = DEFINITION.snapshot(commands, PARAMS)
    assert DEFINITION.apply(commands, PARAMS, kept).status is OutcomeStatus.UNCHANGED
    assert DEFINITION.restore(commands, PARAMS, kept).status is OutcomeStatus.UNCHANGED
    assert commands.effects


def test_what_cannot_be_undone_stays_and_counts_as_the_rest() -> None:
    commands = role(can_undo=False)
    kept = DEFINITION.snapshot(commands, PARAMS)
    DEFINITION.apply(commands, PARAMS, kept)
    DEFINITION.restore(commands, PARAMS, kept)
    assert commands.effects
    assert DEFINITION.restored(commands, PARAMS, kept)


def test_a_command_that_ends_well_without_an_effect_has_failed() -> None:
    class Idle(MemoryCommands):
        def run(self, name, arguments):
            return "all well"

    commands = Idle(role().declared)
    with pytest.raises(PermanentError, match="its effect is not there; it wrote: all well"):
        DEFINITION.apply(commands, PARAMS, DEFINITION.snapshot(commands, PARAMS))


def test_what_is_not_declared_is_refused_before_anything_runs() -> None:
    with pytest.raises(NotFoundError, match="ghost"):
        DEFINITION.preview(role(), RunCommandParams(command="ghost"))
    with pytest.raises(InputError):
        DEFINITION.preview(role(), RunCommandParams(command="switch", arguments={"node": "--force"}))
