from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from grace_workers.actions import DeclaredCommands, EnvironmentProof
from grace_workers.drivers.command import DEFINITION
from grace_workers.foundation.errors import InputError, PermanentError, TransientError
from tests.conformance.roles.implementations import Place, machine_id
from tests.waiting import until

SH = "/bin/sh"


def form(**more: Any) -> dict[str, Any]:
    """Return a command that does nothing, changed by `more`."""
    return {"changes": "nothing", "run": ["/bin/true"], "look": ["/bin/true"], **more}


def _runs(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def opened(folder: Path, said: dict[str, Any], **more: Any) -> DeclaredCommands:
    found: DeclaredCommands = Place(folder, str).open(DEFINITION, commands=said, **more)[DeclaredCommands]
    return found


@contextmanager
def environment_proof(place: Place) -> Iterator[Callable[[], EnvironmentProof]]:
    machine_id()
    yield lambda: place.open(DEFINITION, commands={"one": form()})[EnvironmentProof]


@contextmanager
def declared_commands(place: Place) -> Iterator[DeclaredCommands]:
    switch = {
        "changes": "switches a node",
        "run": ["/usr/bin/touch", "{node}"],
        "look": ["/usr/bin/test", "-e", "{node}"],
        "undo": ["/bin/rm", "-f", "{node}"],
        "arguments": {"node": ["a", "b"]},
    }
    yield opened(place.folder, {"switch": switch, "failing": form(run=["/bin/false"])}, cwd=str(place.folder))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"run": ["touch", "x"]}, "full path"),
        ({"run": []}, "run"),
        ({"run": ["/bin/echo", "{ghost}"]}, "names no argument"),
        ({"run": ["/bin/echo", "{node.__class__}"], "arguments": {"node": ["a"]}}, "names no argument"),
        ({"arguments": {"node": ["--force"]}}, "arguments"),
        ({"arguments": {"node": ["a b"]}}, "arguments"),
        ({"arguments": {"node": ["a\n"]}}, "arguments"),
        ({"arguments": {"node": []}}, "arguments"),
        ({"run": ["/bin/echo\x00"]}, "run"),
    ],
)
def test_a_hostile_or_careless_command_is_refused(tmp_path: Path, wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        opened(tmp_path, {"one": form(**wrong)})


def test_no_shell_reads_the_words_and_none_of_our_variables_is_seen(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("GRACE_SECRET", "hunter2")
    said = opened(
        tmp_path,
        {"print": form(run=["/bin/echo", "$HOME; `id` *"]), "env": form(run=["/usr/bin/env"])},
        env={"ONE": "1"},
    )
    assert said.run("print", {}) == "$HOME; `id` *"
    assert said.run("env", {}) == "ONE=1"


@pytest.mark.slow
def test_a_command_that_does_not_end_is_killed_with_what_it_started(tmp_path: Path) -> None:
    script = f"sleep 600 & echo $! > {tmp_path}/pid; wait"
    said = opened(tmp_path, {"slow": form(run=[SH, "-c", script], timeout="PT1S")})
    with pytest.raises(TransientError, match="did not end in time and was killed"):
        said.run("slow", {})
    child = int((tmp_path / "pid").read_text())
    until(lambda: not _runs(child), within=10)


def test_a_flood_is_cut_and_a_daemon_that_holds_the_output_is_not_waited_for(tmp_path: Path) -> None:
    flood = form(run=[SH, "-c", "while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done"], timeout="PT20S")
    daemon = form(run=[SH, "-c", "sleep 30 & echo started"], timeout="PT20S")
    said = opened(tmp_path, {"flood": flood, "daemon": daemon})
    with pytest.raises(PermanentError, match="wrote more than 65536 bytes"):
        said.run("flood", {})
    assert said.run("daemon", {}) == "started"


def test_a_failure_says_how_it_ended_and_what_it_wrote(tmp_path: Path) -> None:
    said = opened(
        tmp_path,
        {
            "one": form(run=[SH, "-c", "echo no such node >&2; exit 3"]),
            "two": form(run=[SH, "-c", "kill -9 $$"], look=[SH, "-c", "kill -9 $$"]),
            "three": form(run=["/nowhere/program"]),
        },
    )
    with pytest.raises(PermanentError, match="exit code 3: no such node"):
        said.run("one", {})
    with pytest.raises(PermanentError, match="signal 9"):
        said.run("two", {})
    with pytest.raises(PermanentError, match="signal 9"):
        said.holds("two", {})
    with pytest.raises(PermanentError, match="cannot run '/nowhere/program'"):
        said.run("three", {})
