"""`grace code test`: write tests for files of a repository, as a branch with one commit."""

from pathlib import Path
from typing import Annotated

import typer

from grace_workers.entrypoints.cli.code_work import LocalTask, Pytest, Python, Repo, done, finish, interpreter_of
from grace_workers.entrypoints.cli.options import AsJson

EXAMPLE = "Example:  grace code test shop.py src/shop/cart.py --python .venv/bin/python"


def write_tests(
    files: Annotated[list[str], typer.Argument(help="Python files, relative to the repository's root.")],
    repo: Repo = Path(),
    python: Python = None,
    pytest: Pytest = None,
    diff: Annotated[bool, typer.Option(help="Print the tests and commit nothing.")] = False,
    budget: Annotated[float, typer.Option(min=5, max=3600, help="Seconds for all files together.")] = 60.0,
    branch: Annotated[str | None, typer.Option(help="The branch to make; grace/test-... otherwise.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write tests that notice mutants of the code which no test notices, and commit them to a branch.

    The code is called in a sandbox, and the tests say what it does today, so read them. The checkout stays as it is.
    Exit 1 when no test was written; the message says why.
    """
    from grace_workers.bootstrap.coding import open_workshop

    command = [str(interpreter_of(repo, python)), "-m", "pytest", *(pytest or [])]
    task = LocalTask(
        kind="add_tests", arguments={"files": [*files]}, repo=repo, command=command, seconds=budget, branch=branch,
        commits=not diff,
    )  # fmt: skip
    work, made = done(task, open_workshop(), "test")
    finish(work, made, "no tests were written", as_json=as_json)
