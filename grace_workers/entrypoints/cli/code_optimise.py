"""`grace code optimise`: make code of a repository faster where that is measured, as a branch with one commit."""

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

EXAMPLE = "Example:  grace code optimise shop.py::find_doubles --benchmark benchmarks/doubles.py"
_SHORT = 10


def optimise(
    targets: Annotated[list[str], typer.Argument(help="FILE or FILE::FUNCTION, relative to the repository's root.")],
    repo: Annotated[Path, typer.Option(help="The root of a Git repository without uncommitted changes.")] = Path(),
    benchmark: Annotated[
        str, typer.Option(help="A file of the repository that defines run(); otherwise calls of the tests, enlarged.")
    ] = "",
    python: Annotated[Path | None, typer.Option(help="The interpreter with the repository's dependencies.")] = None,
    pytest: Annotated[
        list[str] | None, typer.Option(help="Argument of pytest, as --pytest=-q; can be repeated.")
    ] = None,
    diff: Annotated[bool, typer.Option(help="Print the change and commit nothing.")] = False,
    budget: Annotated[float, typer.Option(min=5, max=3600, help="Seconds that it may take.")] = 120.0,
    branch: Annotated[str | None, typer.Option(help="The branch to make; grace/optimise-... otherwise.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make code faster, and commit it to a branch: only what is measured to win, with the same results and tests.

    The checkout stays as it is. Exit 1 when nothing wins; the message says why.
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
    work = undertake("optimise", {"targets": [*targets], "benchmark": benchmark}, bench)
    made = _committed(work, workshop, repo, branch) if work.files and not diff else ""
    if as_json:
        reason = None if work.reason is None else work.reason.plain()
        told = {"files": sorted(work.files), "story": work.story, "level": work.level.value}
        show_json({**told, "diff": patch_of(work), "branch": made or None, "reason": reason})
    else:
        _tell(work, patch_of(work), made)
    if not work.files:
        raise typer.Exit(1)


def _committed(work: "CodingWork", workshop: "Workshop", repo: Path, branch: str | None) -> str:
    digest = sha256(b"".join(work.files[name] for name in sorted(work.files))).hexdigest()[:_SHORT]
    name = branch or f"grace/optimise-{digest}"
    message = f"{work.subject}\n\n" + "\n".join(work.story) + f"\n\nThe level of the edit is {work.level.value}.\n"
    workshop.open_repository(repo.resolve()).commit(dict(work.files), branch=name, message=message)
    return name


def _tell(work: "CodingWork", patch: str, branch: str) -> None:
    for line in work.story:
        say(f"  {line}")
    for line in patch.splitlines():
        say(line)
    if work.reason is not None:
        complain(f"nothing was changed: {work.reason.message}")
    if branch:
        say(f"branch {branch}; look at it with: git show {branch}")
