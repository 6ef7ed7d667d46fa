"""`grace code scan`: look for what is dangerous in a repository, without running anything of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from grace_workers.entrypoints.cli.options import AsJson

if TYPE_CHECKING:
    from grace_workers.coding import Hunted

FOUND, CANNOT_TELL = 1, 2


def scan(
    path: Annotated[Path, typer.Argument(help="A repository, a folder or a file.")] = Path(),
    advisories: Annotated[
        Path | None, typer.Option(help="A folder of OSV advisories, to check the dependencies against.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Look for secrets, dangerous calls, hidden text and code, and vulnerable dependencies. Nothing is run or fetched.

    Exit 0 when nothing was found, 1 for findings, and 2 when nothing was found but something could not be looked at.
    """
    from grace_workers.bootstrap.coding import hunt_folder
    from grace_workers.entrypoints.cli.output import show_json

    hunted = hunt_folder(path, advisories=advisories)
    if as_json:
        show_json(_plain(hunted))
    else:
        _tell(hunted)
    if hunted.findings:
        raise typer.Exit(FOUND)
    if hunted.unseen:
        raise typer.Exit(CANNOT_TELL)


def _plain(hunted: "Hunted") -> dict[str, Any]:
    from grace_workers.coding import spelled_answer

    return {
        "looked_at": hunted.looked_at,
        "findings": [{"file": one.file, "line": one.line, "rule": one.rule, "why": one.why} for one in hunted.findings],
        "unseen": list(hunted.unseen),
        "dependencies": [
            {
                "name": one.dependency.name,
                "version": one.dependency.version,
                "file": one.dependency.file,
                "answer": spelled_answer(one.answer),
            }
            for one in hunted.dependencies
        ],
    }


def _tell(hunted: "Hunted") -> None:
    from grace_workers.coding import NotChecked
    from grace_workers.entrypoints.cli.output import complain, say

    for finding in hunted.findings:
        say(str(finding))
    for reason in hunted.unseen:
        complain(f"not looked at: {reason}")
    unchecked = sum(isinstance(one.answer, NotChecked) for one in hunted.dependencies)
    say(
        f"{len(hunted.findings)} findings in {hunted.looked_at} files; of {len(hunted.dependencies)} dependencies, "
        f"{unchecked} were not checked for vulnerabilities"
    )
