"""`grace code refactor`: change the form of code in a repository, checked by its suite, as a branch with one commit."""

from pathlib import Path
from typing import Annotated, Any

import typer

from grace_workers.entrypoints.cli.code_work import (
    Budget,
    LocalTask,
    OnlyPrint,
    Pytest,
    Python,
    Repo,
    done,
    finish,
    interpreter_of,
    options_of,
)
from grace_workers.entrypoints.cli.options import AsJson
from grace_workers.foundation.errors import InputError

EXAMPLE = (
    "Examples:  grace code refactor extract_method shop.py::Cart.total --option first_line=20 --option last_line=31 "
    "--option name=_discounted    ·    grace code refactor clean src/shop    ·    grace code refactor --plan steps.yaml"
)


def refactor_code(
    intent: Annotated[
        str | None,
        typer.Argument(help="What to do, as extract_method, or a plan, as clean; a wrong one lists all."),
    ] = None,
    targets: Annotated[
        list[str] | None,
        typer.Argument(help="FILE, FOLDER or FILE::FUNCTION, relative to the repository's root."),
    ] = None,
    repo: Repo = Path(),
    option: Annotated[list[str] | None, typer.Option(help="NAME=VALUE of the intent; can be repeated.")] = None,
    plan: Annotated[
        Path | None, typer.Option(help="A YAML file with `steps`: intents with targets, options, and `after`.")
    ] = None,
    python: Python = None,
    pytest: Pytest = None,
    gate: Annotated[bool, typer.Option(help="Run the suite before and after, and take back what breaks it.")] = True,
    diff: OnlyPrint = False,
    budget: Budget = 120.0,
    branch: Annotated[str | None, typer.Option(help="The branch to make; grace/refactor-... otherwise.")] = None,
    as_json: AsJson = False,
) -> None:
    """Change the form of code and not its behaviour, verify it by the suite, and commit it to a branch.

    Several intents become one commit: each goes on top of those before, and one that breaks the suite is left out. The
    checkout stays as it is. Exit 1 when nothing was changed; the message says why.
    """
    from grace_workers.bootstrap.coding import open_workshop

    asked = _asked(intent, targets or [], option or [], plan)
    command = [str(interpreter_of(repo, python)), "-m", "pytest", *(pytest or [])] if gate else []
    task = LocalTask(
        kind="refactor", arguments=asked, repo=repo, command=command, seconds=budget, branch=branch, commits=not diff
    )
    work, made = done(task, open_workshop(), "refactor")
    finish(work, made, "nothing was changed", as_json=as_json)


def _asked(intent: str | None, targets: list[str], options: list[str], plan: Path | None) -> dict[str, Any]:
    if plan is None:
        return {"intent": intent or "", "targets": targets, "options": options_of(options)}
    from grace_workers.foundation.yaml_file import read_source

    read = read_source(plan, str(plan)).value
    if not isinstance(read, dict) or "steps" not in read:
        raise InputError(f"{plan} is no plan: write `steps`, a list of intents with targets")
    if options:
        raise InputError("--option is for one intent; write the options of a plan's steps in its file")
    # With a plan, the first word is a target like the others. Without any, the file's own count.
    given = [*([intent] if intent else []), *targets]
    return {**read, "targets": given} if given else read
