"""`grace code test`: write tests for files of a repository, as a branch with one commit."""

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grace_workers.entrypoints.cli.code_refactor import interpreter_of
from grace_workers.entrypoints.cli.options import AsJson
from grace_workers.entrypoints.cli.output import complain, say
from grace_workers.foundation.errors import InputError

if TYPE_CHECKING:
    from grace_workers.coding import CodingWork, Workshop

EXAMPLE = "Example:  grace code test shop.py src/shop/cart.py --python .venv/bin/python"
_SHORT = 10


def write_tests(
    files: Annotated[list[str], typer.Argument(help="Python files, relative to the repository's root.")],
    repo: Annotated[Path, typer.Option(help="The root of a Git repository without uncommitted changes.")] = Path(),
    python: Annotated[Path | None, typer.Option(help="The interpreter with the repository's dependencies.")] = None,
    pytest: Annotated[
        list[str] | None, typer.Option(help="Argument of pytest, as --pytest=-q; can be repeated.")
    ] = None,
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
    from grace_workers.coding import Bench, patch_of, undertake
    from grace_workers.entrypoints.cli.output import show_json

    command = [str(interpreter_of(repo, python)), "-m", "pytest", *(pytest or [])]
    workshop = open_workshop()
    repository = workshop.open_repository(repo.resolve())
    dirt = repository.dirt()
    if dirt:
        raise InputError(f"uncommitted or untracked: {', '.join(dirt[:5])}; commit or remove them first")
    bench = Bench(workshop=workshop, repository=repository, command=command, seconds=budget, label="cli")
    work = undertake("add_tests", {"files": [*files]}, bench)
    made = _committed(work, workshop, repo, branch) if work.files and not diff else ""
    if as_json:
        reason = None if work.reason is None else work.reason.plain()
        show_json({"files": sorted(work.files), "diff": patch_of(work), "branch": made or None, "reason": reason})
    else:
        _tell(work, made)
    if not work.files:
        raise typer.Exit(1)


def _committed(work: "CodingWork", workshop: "Workshop", repo: Path, branch: str | None) -> str:
    digest = sha256(b"".join(work.files[name] for name in sorted(work.files))).hexdigest()[:_SHORT]
    name = branch or f"grace/test-{digest}"
    message = f"{work.subject}\n\n" + "\n".join(work.story) + "\n"
    workshop.open_repository(repo.resolve()).commit(dict(work.files), branch=name, message=message)
    return name


def _tell(work: "CodingWork", branch: str) -> None:
    for line in work.story:
        say(f"  {line}")
    for name in sorted(work.files):
        say(f"{name}:")
        for line in work.files[name].decode().splitlines():
            say(line)
    if work.reason is not None:
        complain(f"no tests were written: {work.reason.message}")
    if branch:
        say(f"branch {branch}; look at it with: git show {branch}")
