"""`grace code optimise`: make code of a repository faster where that is measured, as a branch with one commit."""

from pathlib import Path
from typing import Annotated

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
)
from grace_workers.entrypoints.cli.options import AsJson

EXAMPLE = "Example:  grace code optimise shop.py::find_doubles --benchmark benchmarks/doubles.py"


def optimise(
    targets: Annotated[list[str], typer.Argument(help="FILE or FILE::FUNCTION, relative to the repository's root.")],
    repo: Repo = Path(),
    benchmark: Annotated[
        str, typer.Option(help="A file of the repository that defines run(); otherwise calls of the tests, enlarged.")
    ] = "",
    python: Python = None,
    pytest: Pytest = None,
    diff: OnlyPrint = False,
    budget: Budget = 120.0,
    branch: Annotated[str | None, typer.Option(help="The branch to make; grace/optimise-... otherwise.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make code faster, and commit it to a branch: only what is measured to win, with the same results and tests.

    The checkout stays as it is. Exit 1 when nothing wins; the message says why.
    """
    from grace_workers.bootstrap.coding import open_workshop

    command = [str(interpreter_of(repo, python)), "-m", "pytest", *(pytest or [])]
    asked = {"targets": [*targets], "benchmark": benchmark}
    task = LocalTask(
        kind="optimise", arguments=asked, repo=repo, command=command, seconds=budget, branch=branch, commits=not diff
    )
    work, made = done(task, open_workshop(), "optimise")
    finish(work, made, "nothing was changed", as_json=as_json)
