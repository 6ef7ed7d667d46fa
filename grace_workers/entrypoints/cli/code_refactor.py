"""`grace code refactor`: change the form of code in a repository, checked by its suite, as a branch with one commit."""

import json
import shutil
import sys
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grace_workers.entrypoints.cli.options import AsJson
from grace_workers.entrypoints.cli.output import complain, say
from grace_workers.foundation.errors import InputError

if TYPE_CHECKING:
    from grace_workers.coding import RefactorReport, Workshop

EXAMPLE = (
    "Example:  grace code refactor extract_method shop.py::Cart.total "
    "--option first_line=20 --option last_line=31 --option name=_discounted"
)
_SHORT = 10


def refactor_code(
    intent: Annotated[str, typer.Argument(help="What to do, as extract_method; a wrong one lists all.")],
    targets: Annotated[list[str], typer.Argument(help="FILE or FILE::FUNCTION, relative to the repository's root.")],
    repo: Annotated[Path, typer.Option(help="The root of a Git repository without uncommitted changes.")] = Path(),
    option: Annotated[list[str] | None, typer.Option(help="NAME=VALUE of the intent; can be repeated.")] = None,
    python: Annotated[Path | None, typer.Option(help="The interpreter with the repository's dependencies.")] = None,
    pytest: Annotated[
        list[str] | None, typer.Option(help="Argument of pytest, as --pytest=-q; can be repeated.")
    ] = None,
    gate: Annotated[bool, typer.Option(help="Run the suite before and after, and take back what breaks it.")] = True,
    diff: Annotated[bool, typer.Option(help="Print the change and commit nothing.")] = False,
    budget: Annotated[float, typer.Option(min=5, max=3600, help="Seconds that it may take.")] = 120.0,
    branch: Annotated[str | None, typer.Option(help="The branch to make; grace/refactor-... otherwise.")] = None,
    as_json: AsJson = False,
) -> None:
    """Change the form of code and not its behaviour, verify it by the suite, and commit it to a branch.

    The checkout stays as it is. Exit 1 when nothing was changed; the message says why.
    """
    from grace_workers.bootstrap.coding import open_workshop
    from grace_workers.coding import RefactorArguments, asked_of, refactor
    from grace_workers.entrypoints.cli.output import show_json

    command = [str(interpreter_of(repo, python)), "-m", "pytest", *(pytest or [])] if gate else None
    asked = {
        "repo": repo.resolve(), "intent": intent, "targets": targets, "options": _options(option or []),
        "test_command": command, "gate": gate, "budget_s": budget,
    }  # fmt: skip
    workshop = open_workshop()
    report = refactor(repo.resolve(), asked_of(RefactorArguments.read(asked, "grace code refactor")), workshop)
    made = _committed(report, workshop, repo, branch or "", intent) if report.applied and not diff else ""
    if as_json:
        refused = {target: reason.plain() for target, reason in report.refused.items()}
        told = {"applied": report.applied, "refused": refused, "level": report.level.value}
        show_json({**told, "diff": report.diff, "branch": made or None})
    else:
        _tell(report, made)
    if not report.applied:
        raise typer.Exit(1)


def _options(words: list[str]) -> dict[str, object]:
    """Return options; a value that reads as JSON's number or bool is one."""
    found: dict[str, object] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise InputError(f"option {word!r} is not NAME=VALUE; write it so")
        plain = value.isdecimal() or value in {"true", "false"}
        found[name] = json.loads(value) if plain else value
    return found


def _committed(report: "RefactorReport", workshop: "Workshop", repo: Path, branch: str, intent: str) -> str:
    name = branch or f"grace/refactor-{sha256(report.diff.encode()).hexdigest()[:_SHORT]}"
    message = f"Refactor {', '.join(report.applied)} by {intent}\n\nThe level of the edit is {report.level.value}.\n"
    workshop.open_repository(repo).commit(report.files, branch=name, message=message)
    return name


def _tell(report: "RefactorReport", branch: str) -> None:
    for line in report.diff.splitlines():
        say(line)
    for target, reason in report.refused.items():
        complain(f"{target}: not changed: {reason.message}")
    if branch:
        say(f"branch {branch}; look at it with: git show {branch}")


def interpreter_of(repo: Path, given: Path | None) -> Path:
    """Return the given interpreter, that of the repository's `.venv`, or the first on the path."""
    own = repo / ".venv" / "bin" / "python"
    found = given or (own if own.exists() else Path(shutil.which("python3") or sys.executable))
    if not found.exists():
        raise InputError(f"there is no interpreter at {found}; name one with --python")
    # A virtual environment is identified by the path of its link, so the link is not resolved.
    return found if found.is_absolute() else Path.cwd() / found
