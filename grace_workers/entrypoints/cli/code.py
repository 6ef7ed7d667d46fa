"""`grace code`: repair, refactor or test code in a repository, without a server and without touching the checkout."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from grace_workers.entrypoints.cli import (
    code_build,
    code_explain,
    code_model,
    code_optimise,
    code_task,
    code_test,
    sbom,
    scan,
)
from grace_workers.entrypoints.cli.code_refactor import EXAMPLE, refactor_code
from grace_workers.entrypoints.cli.code_work import (
    Budget,
    LocalTask,
    Python,
    done,
    interpreter_of,
    tell,
    told,
    workshop_with_model,
)
from grace_workers.entrypoints.cli.options import AsJson, Config

app = typer.Typer(help="Repair, refactor or test code, here or by the fleet.", no_args_is_help=True)

app.command("refactor", epilog=EXAMPLE)(refactor_code)
app.command("test", epilog=code_test.EXAMPLE)(code_test.write_tests)
app.command("optimise", epilog=code_optimise.EXAMPLE)(code_optimise.optimise)
app.command("build", epilog=code_build.EXAMPLES["build"])(code_build.build)
app.command("extend", epilog=code_build.EXAMPLES["extend"])(code_build.extend)
app.command("integrate", epilog=code_build.EXAMPLES["integrate"])(code_build.integrate)
app.command("explain", epilog=code_explain.EXAMPLE)(code_explain.explain_code)
app.command("task", epilog=code_task.EXAMPLE)(code_task.code_task)
app.command("model", epilog=code_model.EXAMPLE)(code_model.code_model)

app.command("scan", epilog="Examples:  grace code scan    ·    grace code scan src --advisories osv/ --json")(scan.scan)
app.command("sbom", epilog="Examples:  grace code sbom > bill.json    ·    grace code sbom .venv")(sbom.sbom)


@app.callback()
def _code() -> None:
    """Repair, refactor or test code: here and offline, or by the fleet (`task`). Each result is a branch."""


@app.command(epilog="Example:  grace code fix . --python .venv/bin/python -- -q tests/test_orders.py")
def fix(
    repo: Annotated[Path, typer.Argument(help="The root of a Git repository without uncommitted changes.")],
    arguments: Annotated[list[str] | None, typer.Argument(help="Arguments of pytest, after --.")] = None,
    python: Python = None,
    suspect: Annotated[
        list[str] | None, typer.Option(help="Edit only FILE::FUNCTION; may be given several times, likeliest first.")
    ] = None,
    budget: Budget = 60.0,
    branch: Annotated[str | None, typer.Option(help="The branch to make; grace/fix-… otherwise.")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Search a patch for what the failing tests show, verify it by the whole suite, and commit it to a branch.

    The tests run in a sandbox, in a copy of the last commit. Where the search finds nothing, the language model is
    asked that the settings declare, if they do; then a revert is proposed. Exit 1 when there is no patch; the message
    says why.
    """
    from grace_workers.coding import patch_of
    from grace_workers.entrypoints.cli.output import show_json

    command = [str(interpreter_of(repo, python)), "-m", "pytest", *(arguments or [])]
    asked = {"suspects": suspect} if suspect else {}
    task = LocalTask(kind="fix_bug", arguments=asked, repo=repo, command=command, seconds=budget, branch=branch)
    with workshop_with_model(config, repo) as (workshop, remarks):
        work, made = done(task, workshop, "fix")
    work = replace(work, story=(*remarks, *work.story))
    if as_json:
        patches = [patch_of(work), *work.alternatives] if work.files else []
        more = {"verified": bool(work.files), "confidence": work.likelihood, "review_only": work.review_only}
        show_json({**told(work, made), **more, "patches": patches, "candidates": work.candidates})
    else:
        tell(work, made, "not repaired")
    if not work.files:
        raise typer.Exit(1)
