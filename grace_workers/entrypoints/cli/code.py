"""`grace code`: repair, refactor or test code in a repository, without a server and without touching the checkout."""

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grace_workers.entrypoints.cli import code_model, code_optimise, code_task, code_test, sbom, scan
from grace_workers.entrypoints.cli.code_refactor import EXAMPLE, interpreter_of, refactor_code
from grace_workers.entrypoints.cli.options import AsJson
from grace_workers.entrypoints.cli.output import complain, say

if TYPE_CHECKING:
    from grace_workers.coding import RepairReport, Workshop

app = typer.Typer(help="Repair, refactor or test code, here or by the fleet.", no_args_is_help=True)

app.command("refactor", epilog=EXAMPLE)(refactor_code)
app.command("test", epilog=code_test.EXAMPLE)(code_test.write_tests)
app.command("optimise", epilog=code_optimise.EXAMPLE)(code_optimise.optimise)
app.command("task", epilog=code_task.EXAMPLE)(code_task.code_task)
app.command("model", epilog=code_model.EXAMPLE)(code_model.code_model)

app.command("scan", epilog="Examples:  grace code scan    ·    grace code scan src --advisories osv/ --json")(scan.scan)
app.command("sbom", epilog="Examples:  grace code sbom > bill.json    ·    grace code sbom .venv")(sbom.sbom)

_SHORT = 10


@app.callback()
def _code() -> None:
    """Repair, refactor or test code: here and offline, or by the fleet (`task`). Each result is a branch."""


@app.command(epilog="Example:  grace code fix . --python .venv/bin/python -- -q tests/test_orders.py")
def fix(
    repo: Annotated[Path, typer.Argument(help="The root of a Git repository without uncommitted changes.")],
    arguments: Annotated[list[str] | None, typer.Argument(help="Arguments of pytest, after --.")] = None,
    python: Annotated[
        Path | None, typer.Option(help="The interpreter with pytest and the repository's dependencies.")
    ] = None,
    suspect: Annotated[
        list[str] | None, typer.Option(help="Edit only FILE::FUNCTION; may be given several times, likeliest first.")
    ] = None,
    budget: Annotated[float, typer.Option(min=5, max=3600, help="Seconds that the search may take.")] = 60.0,
    branch: Annotated[str | None, typer.Option(help="The branch to make; grace/fix-… otherwise.")] = None,
    as_json: AsJson = False,
) -> None:
    """Search a patch for what the failing tests show, verify it by the whole suite, and commit it to a branch.

    The tests run in a sandbox, in a copy of the last commit. Exit 1 when there is no patch; the message says why.
    """
    from grace_workers.bootstrap.coding import open_workshop
    from grace_workers.coding import RepairArguments, report_of
    from grace_workers.entrypoints.cli.output import show_json

    command = [str(interpreter_of(repo, python)), "-m", "pytest", *(arguments or [])]
    asked = {"repo": repo.resolve(), "test_command": command, "budget_s": budget, "suspects": suspect or None}
    workshop = open_workshop()
    report = report_of(RepairArguments.read(asked, "grace code fix"), workshop)
    made = _committed(report, workshop, repo, branch) if report.verified else ""
    if as_json:
        reason = None if report.reason is None else report.reason.plain()
        told = {"verified": report.verified, "confidence": report.confidence, "branch": made or None, "reason": reason}
        show_json({**told, "patches": report.patches, "candidates": report.candidates, "story": report.story})
    else:
        _tell(report, made)
    if not report.verified:
        raise typer.Exit(1)


def _committed(report: "RepairReport", workshop: "Workshop", repo: Path, branch: str | None) -> str:
    digest = sha256(report.patches[0].encode()).hexdigest()[:_SHORT]
    name = branch or f"grace/fix-{digest}"
    files = ", ".join(name for name, _ in report.files)
    message = f"Fix what the failing tests show in {files}\n\n" + "\n".join(report.story) + "\n"
    workshop.open_repository(repo).commit(dict(report.files), branch=name, message=message)
    return name


def _tell(report: "RepairReport", branch: str) -> None:
    for line in report.story:
        say(f"  {line}")
    if not report.verified:
        complain(f"not repaired: {report.reason.message if report.reason else 'no reason was given'}")
        return
    for line in report.patches[0].splitlines():
        say(line)
    say(f"verified by the whole suite after {report.candidates} candidates; {len(report.patches) - 1} alternatives")
    if report.confidence is not None:
        say(f"likelihood of this behaviour among all that pass: {report.confidence:.0%}")
    say(f"branch {branch}; look at it with: git show {branch}")
