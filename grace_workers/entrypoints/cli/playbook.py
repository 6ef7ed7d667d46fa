"""`grace playbook`: list, lint, explain, dry-run, replay, score, schema."""

from pathlib import Path
from typing import Annotated, Any

import typer

from grace_workers.entrypoints.cli.options import AsJson, Config, Endpoint, SourcePath, with_endpoint
from grace_workers.entrypoints.cli.output import Rows, answer, console, pairs, show_faults, show_json, styled
from grace_workers.entrypoints.cli.replays import CauseFolders, Limit, Playbooks, PolicyFile, Since

app = typer.Typer(help="List, lint, explain, dry-run, replay or score playbooks.", no_args_is_help=True)

_DECISIONS = ("granted", "asked", "refused", "unclear")
_ENDS = ("needed", "left_to_people", "healed_otherwise", "by_itself", "under_way")
Name = Annotated[str, typer.Argument(help="The playbook's name, as listed.")]


@app.command("list", epilog="Example:  grace playbook list")
def list_playbooks(config: Config = None, as_json: AsJson = False) -> None:
    """List the playbooks that this configuration reads: the shipped ones and your own."""
    rows = [(one.name, one.version, " ".join(one.when.causes), one.description) for one in _library(config)]
    keys = ("name", "version", "causes", "description")
    found = [dict(zip(keys, row, strict=True)) for row in rows]
    answer(found, Rows(("name", "version", "for the cause", "description"), rows), as_json=as_json)


@app.command(epilog="Examples:  grace playbook lint    ·    grace playbook lint my-playbooks/drain.yaml")
def lint(
    path: SourcePath = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Check playbooks and name every fault with its file, line and remedy. Exit 2 when there is one.

    It also names branches that are never taken, missing restores, and expectations that are met before anything was
    done. These do not keep a playbook from being loaded.
    """
    from functools import partial

    from grace_workers.bootstrap.catalogs import catalogs
    from grace_workers.bootstrap.definitions import cause_shelf
    from grace_workers.coding import hunted_source
    from grace_workers.playbooks import advise, advised, given_bindings
    from grace_workers.playbooks import lint as faults_of
    from grace_workers.settings import load_settings

    known, settings = catalogs(), load_settings(config)
    causes = cause_shelf(settings, known).current()
    roles = {str(one.kind): {role.__name__ for role in (*one.roles, *one.optional)} for one in known.drivers}
    advice = partial(advise, primitives=known.primitives, causes=causes, roles=roles)
    given = given_bindings(causes, known.rules)
    terms = (known.primitives, known.checks)
    places = [path] if path is not None else settings.playbook_folders
    faults = [one for place in places for one in faults_of(place, *terms, known.kinds, given, hunted_source)]
    # What is wrong with a file that does not load says enough.
    found = faults or [one for place in places for one in advised(place, *terms, advice)]
    show_faults(found, as_json=as_json)


@app.command(epilog="Example:  grace playbook explain restart_dead_service")
def explain(name: Name, config: Config = None, as_json: AsJson = False) -> None:
    """Say in words what a playbook is for, does, expects and guards against."""
    from grace_workers.playbooks import explain as sections_of

    library = _library(config)
    sections = sections_of(library[name], library.primitives)
    _show([{"title": one.title, "lines": list(one.lines)} for one in sections], as_json=as_json)


@app.command("dry-run", epilog="Example:  grace playbook dry-run vacuum_bloated_table -t shop-db --param table=orders")
@with_endpoint
def dry_run(
    endpoint: Endpoint,
    name: Name,
    target: Annotated[str, typer.Option("--target", "-t", help="A target declared in grace.yaml.")],
    param: Annotated[list[str] | None, typer.Option(help="A param, as key=value.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what a playbook would do to a target right now, step by step. Touches nothing."""
    from urllib.parse import quote

    order: dict[str, Any] = {"target": target, "params": pairs(param or [], "param")}
    with endpoint.connect() as api:
        found = api.post(f"/api/v1/playbooks/{quote(name, safe='')}/dry-run", order)
    _show(found["sections"], as_json=as_json)


@app.command(
    epilog="Examples:  grace playbook replay --since 30d --playbooks new-playbooks"
    "    ·    grace playbook replay restart_dead_service --policy stricter.yaml"
)
@with_endpoint
def replay(
    endpoint: Endpoint,
    name: Annotated[str | None, typer.Argument(help="Only incidents in which this playbook fired or would.")] = None,
    *,
    since: Since = "7d",
    playbooks: Playbooks = None,
    causes: CauseFolders = None,
    policy: PolicyFile = None,
    limit: Limit = 500,
    as_json: AsJson = False,
) -> None:
    """Show what changed playbooks, causes and policy would have done in stored incidents, beside what happened."""
    from grace_workers.entrypoints.cli.replays import as_json_of, rulebook, side_by_side, stored_cases, summary_of
    from grace_workers.orchestration.replaying import replay as replayed

    rules = rulebook(endpoint.config, playbooks, causes, policy)
    if name is not None:
        rules.library[name]  # Raises NotFoundError.
    found = [replayed(case, rules) for case in stored_cases(endpoint, since, limit)]
    mine = [one for one in found if name is None or name in {one.now.playbook, one.case.happened.playbook}]
    answer(as_json_of(mine), *side_by_side(mine), *summary_of(mine), as_json=as_json)


@app.command(epilog="Examples:  grace playbook score    ·    grace playbook score drain_queue --since 7d")
@with_endpoint
def score(
    endpoint: Endpoint,
    name: Annotated[str | None, typer.Argument(help="Only this playbook, with its newest runs.")] = None,
    since: Since = "30d",
    as_json: AsJson = False,
) -> None:
    """Show what playbooks in shadow mode would have done, beside how the incidents ended without them."""
    with endpoint.connect() as api:
        found = api.get("/api/v1/shadow", since=since, name=name)
    rows = [
        (one["playbook"], *(one["decisions"][word] for word in _DECISIONS), *(one[key] for key in _ENDS))
        for one in found["scores"]
    ]
    keys = ("at", "incident", "decision", "gate", "needed", "chosen", "closing", "reason")
    runs = [[run[key] for key in keys] for one in found["scores"] for run in one["runs"]] if name else []
    shown = [Rows(keys, runs, title="Runs")] if runs else []
    nothing = [] if rows else ["no playbook in shadow mode had anything to do; write `mode: shadow` into one"]
    columns = ("playbook", *_DECISIONS, *(key.replace("_", " ") for key in _ENDS))
    answer(found, Rows(columns, rows), *shown, *nothing, as_json=as_json)


@app.command(epilog="Example:  grace playbook schema > playbook.schema.json")
def schema() -> None:
    """Print the JSON Schema of a playbook file, for editors."""
    from grace_workers.playbooks import schema as made

    show_json(made())


def _library(config: Path | None) -> Any:
    from grace_workers.bootstrap.catalogs import catalogs
    from grace_workers.bootstrap.definitions import playbook_shelf
    from grace_workers.settings import load_settings

    return playbook_shelf(load_settings(config), catalogs()).current()


def _show(sections: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        show_json(sections)
        return
    out = console()
    for section in sections:
        if section["lines"]:
            out.print(styled(section["title"], "bold"))
            for line in section["lines"]:
                out.print(styled(f"  {line}"))
