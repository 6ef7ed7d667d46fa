"""`grace code build`, `extend` and `integrate`: what a recipe builds in a repository, as a branch with one commit."""

from collections.abc import Callable
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
    options_of,
)
from grace_workers.entrypoints.cli.options import AsJson

_PROVED = "The checkout stays as it is. Exit 1 when nothing was built; the message says why."


def _command(word: str, kind: str, about: str) -> Callable[..., None]:
    def command(
        recipe: Annotated[str, typer.Argument(help="The name of a recipe; a wrong one lists all.")],
        repo: Repo = Path(),
        option: Annotated[
            list[str] | None,
            typer.Option(help="NAME=VALUE of the recipe, as JSON for a list or an object; can be repeated."),
        ] = None,
        python: Python = None,
        pytest: Pytest = None,
        diff: OnlyPrint = False,
        budget: Budget = 120.0,
        branch: Annotated[str | None, typer.Option(help="The branch to make; grace/<command>-... otherwise.")] = None,
        as_json: AsJson = False,
    ) -> None:
        from grace_workers.bootstrap.coding import open_workshop

        asked = {"recipe": recipe, "options": options_of(option or [])}
        line = [str(interpreter_of(repo, python)), "-m", "pytest", *(pytest or [])]
        task = LocalTask(
            kind=kind, arguments=asked, repo=repo, command=line, seconds=budget, branch=branch, commits=not diff
        )
        work, made = done(task, open_workshop(), word)
        finish(work, made, "nothing was built", as_json=as_json)

    command.__doc__ = f"{about}\n\n{_PROVED}"
    return command


build = _command("build", "build_feature", "Build a feature by a recipe, with its tests, and commit it to a branch.")
extend = _command("extend", "extend", "Extend this product by a recipe, with its tests, and commit it to a branch.")
integrate = _command("integrate", "integrate", "Connect code to another system by a recipe, and commit it to a branch.")

EXAMPLES = {
    "build": "Example:  grace code build celery_task --option function=shop/mail.py::send --option attempts=5",
    "extend": "Example:  grace code extend restart_playbook --option service=web --option kind=systemd",
    "integrate": "Example:  grace code integrate retry --option function=pay.py::charge --option attempts=4",
}
