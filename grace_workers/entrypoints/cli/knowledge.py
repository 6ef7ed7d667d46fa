"""`grace knowledge`: replay causes and rules on what the fleet has stored."""

import typer

from grace_workers.entrypoints.cli.options import AsJson, Endpoint, with_endpoint
from grace_workers.entrypoints.cli.output import answer
from grace_workers.entrypoints.cli.replays import CauseFolders, Limit, Since

app = typer.Typer(help="Replay knowledge on stored signals.", no_args_is_help=True)


@app.callback()
def _knowledge() -> None:
    """Replay knowledge on stored signals."""


@app.command(epilog="Example:  grace knowledge replay --since 30d --causes my-causes")
@with_endpoint
def replay(
    endpoint: Endpoint,
    *,
    since: Since = "7d",
    causes: CauseFolders = None,
    limit: Limit = 500,
    as_json: AsJson = False,
) -> None:
    """Show what the causes of this machine would have recognised in stored incidents, beside what was recognised."""
    from grace_workers.entrypoints.cli.replays import as_json_of, counted, rulebook, side_by_side, stored_cases
    from grace_workers.orchestration.replaying import replay as replayed

    rules = rulebook(endpoint.config, None, causes, None)
    found = [replayed(case, rules) for case in stored_cases(endpoint, since, limit)]
    other = [one for one in found if {"cause", "subject"} & {*one.differs}]
    told = f"{counted(len(found), 'incident')} replayed, {len(other)} would be recognised as something else"
    answer(as_json_of(found), *side_by_side(other), told, as_json=as_json)
