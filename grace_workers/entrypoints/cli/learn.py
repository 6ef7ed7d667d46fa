"""`grace learn`: what was learned from outcomes, whether confidence can be believed, and undoing what was wrong."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from grace_workers.entrypoints.cli.options import AsJson, Endpoint, HowMany, PlanWait, Reason, with_endpoint
from grace_workers.entrypoints.cli.output import Rows, answer

app = typer.Typer(
    help="What was learned: summary, shared, practice, recommend, calibration, clusters, accept, causes, models.",
    no_args_is_help=True,
)

_PRECEDENT = ("plan", "at", "cause", "target", "playbook", "engine", "confidence", "ending", "recurred", "forgotten")
_NEVER: dict[str, Any] = {"at": "never", "ending": "", "to_detect": None, "to_heal": None, "to_restore": None}
_VERSION = 12
_MODEL = ("name", "version", "at", "outcomes", "score", "restored", "sha256")


@app.command(epilog="Example:  grace learn summary --days 30")
@with_endpoint
def summary(
    endpoint: Endpoint,
    days: Annotated[float, typer.Option(help="How many days back.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Show how runs ended, whether problems stayed healed, and which causes were healed."""
    with endpoint.connect() as api:
        found = api.get("/api/v1/learning/summary", days=str(days))
    columns = ("playbook", "verified", "ineffective", "failed", "inconclusive", "stayed", "recurred")
    causes = Rows(("cause", "healed"), list(found["causes"].items()), title="Causes")
    told = f"{found['precedents']} precedents in all; {_model(found['models'])}"
    answer(found, _rows(columns, found["playbooks"], title="Playbooks"), causes, told, as_json=as_json)


@app.command(epilog="Example:  grace learn shared --limit 20")
@with_endpoint
def shared(
    endpoint: Endpoint,
    limit: Annotated[int, typer.Option(min=0, max=1_000, help="How many runs to list.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Show what healing and coding learned together: each agent's record and load, what patches changed, the runs."""
    with endpoint.connect() as api:
        found = api.get("/api/v1/learning/shared", limit=str(limit))
    agents = [{**one, "success": "" if one["success"] is None else _share(one["success"])} for one in found["agents"]]
    columns = ("agent", "runs", "verified", "success", "running", "free", "waiting")
    patches = ("code", "target", "at", "heals_before", "days_before", "heals_since", "days")
    runs = ("at", "agent", "cause", "target", "playbook", "ending")
    answer(
        found,
        _rows(columns, agents, title="Agents"),
        *([_rows(patches, found["patches"], title="Patches")] if found["patches"] else []),
        _rows(runs, found["entries"], title="Runs"),
        as_json=as_json,
    )


@app.command(epilog="Example:  grace learn practice")
@with_endpoint
def practice(endpoint: Endpoint, as_json: AsJson = False) -> None:
    """Show when each cause was last healed on each kind of target, and the seconds that it took to do so."""
    with endpoint.connect() as api:
        found = api.get("/api/v1/learning/practice")
    columns = ("cause", "kind", "last healed", "newest run", "ending", "s to detect", "s to heal", "s to restore")
    rows = [(one["cause"], one["kind"], (one["healed"] or _NEVER)["at"], *_newest(one["newest"])) for one in found]
    answer(found, Rows(columns, rows), as_json=as_json)


@app.command(epilog="Example:  grace learn recommend 'HighLatency~1f2e3d4c'")
@with_endpoint
def recommend(
    endpoint: Endpoint,
    signature: Annotated[str, typer.Argument(help="The signature, as `grace incident show` gives it.")],
    as_json: AsJson = False,
) -> None:
    """Show what to expect of each playbook for a signature, most promising first."""
    with endpoint.connect() as api:
        found = api.get("/api/v1/learning/recommendations", signature=signature)
    columns = ("playbook", "expected", "at_least", "verified", "ineffective", "failed", "last_at")
    shown = [{**one, "expected": _share(one["expected"]), "at_least": _share(one["at_least"])} for one in found]
    answer(found, _rows(columns, shown), *(() if found else ("no playbook was run on it",)), as_json=as_json)


@app.command(epilog="Example:  grace learn calibration --engine model")
@with_endpoint
def calibration(
    endpoint: Endpoint,
    engine: Annotated[str | None, typer.Option(help="knowledge, precedent, rules or model. Default: all.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show whether causes were right as often as their confidence said."""
    with endpoint.connect() as api:
        found = api.get("/api/v1/learning/calibration", engine=engine)
    rows = [
        (f"{one['low']:.1f} to {one['high']:.1f}", one["count"], _share(one["stated"]), _share(one["right"]))
        for one in found["bins"]
    ]
    curve = Rows(("confidence", "causes", "stated", "right"), rows)
    told = "no judged cause yet" if not found["count"] else _error(found)
    answer(found, curve, told, as_json=as_json)


@app.command(epilog="Example:  grace learn precedents --limit 20")
@with_endpoint
def precedents(
    endpoint: Endpoint,
    limit: HowMany = 50,
    as_json: AsJson = False,
) -> None:
    """List the ended runs from which diagnosis learns, the newest change first."""
    with endpoint.connect() as api:
        found = api.get("/api/v1/learning/precedents", limit=str(limit))
    shown = [{**one, "confidence": _share(one["confidence"])} for one in found]
    answer(found, _rows(_PRECEDENT, shown), as_json=as_json)


@app.command(
    epilog="Examples:  grace learn clusters  ·  grace learn clusters --file learned_odd > my-causes/learned_odd.yaml"
)
@with_endpoint
def clusters(
    endpoint: Endpoint,
    file: Annotated[str | None, typer.Option("--file", help="Print the cause's file of this cluster.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what incidents without a known cause have in common. Nothing is known until you accept one."""
    from grace_workers.foundation.errors import NotFoundError

    with endpoint.connect() as api:
        found = api.get("/api/v1/learning/clusters")
    if file is None:
        columns = ("name", "incidents", "targets", "last_at", "what almost all show")
        rows = [
            (one["name"], len(one["incidents"]), ", ".join(one["targets"]), one["last_at"], "; ".join(one["shared"]))
            for one in found
        ]
        answer(found, Rows(columns, rows), as_json=as_json)
        return
    chosen = next((one for one in found if one["name"] == file), None)
    if chosen is None:
        known = ", ".join(one["name"] for one in found) or "none"
        raise NotFoundError(f"no cluster is named {file[:80]!r}; clusters: {known}")
    answer(chosen, *chosen["cause"].splitlines(), as_json=as_json)


@app.command(epilog="Examples:  grace learn causes  ·  grace learn causes learned_odd > my-causes/learned_odd.yaml")
@with_endpoint
def causes(
    endpoint: Endpoint,
    name: Annotated[str | None, typer.Argument(help="Print the newest file of this cause.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the causes that people proposed or accepted, with the versions of their files."""
    from grace_workers.foundation.errors import NotFoundError

    with endpoint.connect() as api:
        found = api.get("/api/v1/learning/causes")
    if name is None:
        columns = ("name", "version", "proposed_by", "proposed_at", "in force since")
        shown = [
            {**one, "version": one["version"][:_VERSION], "in force since": one["accepted_at"] or "not in force"}
            for one in found
        ]
        answer(found, _rows(columns, shown), as_json=as_json)
        return
    mine = [one for one in found if one["name"] == name]
    if not mine:
        known = ", ".join(dict.fromkeys(one["name"] for one in found)) or "none"
        raise NotFoundError(f"no learned cause is named {name[:80]!r}; learned: {known}")
    answer(mine, *mine[0]["file"].splitlines(), as_json=as_json)


@app.command(
    epilog="Example:  grace learn accept learned_odd --file my-causes/learned_odd.yaml --reason 'the pool was full'"
)
@with_endpoint
def accept(
    endpoint: Endpoint,
    name: Annotated[str, typer.Argument(help="The cause's name, as `grace learn clusters` gives it.")],
    reason: Reason,
    file: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="The file, if you changed it.")] = None,
    wait: PlanWait = 60.0,
    as_json: AsJson = False,
) -> None:
    """Accept a cause that was learned, by a plan that another person approves. Then every node knows it."""
    order = {"name": name, "reason": reason}
    if file is not None:
        order["file"] = file.read_text(encoding="utf-8")
    _submit(endpoint, "/api/v1/learning/causes", order, wait=wait, as_json=as_json)


@app.command(epilog="Example:  grace learn withdraw learned_odd --reason 'two problems share these words'")
@with_endpoint
def withdraw(
    endpoint: Endpoint,
    name: Annotated[str, typer.Argument(help="The cause's name, as `grace learn causes` gives it.")],
    reason: Reason,
    wait: PlanWait = 60.0,
    as_json: AsJson = False,
) -> None:
    """Take an accepted cause back, by a plan that another person approves."""
    from urllib.parse import quote

    path = f"/api/v1/learning/causes/{quote(name, safe='')}/withdraw"
    _submit(endpoint, path, {"reason": reason}, wait=wait, as_json=as_json)


@app.command(epilog="Example:  grace learn forget 01936f… --reason 'the probe was broken that day'")
@with_endpoint
def forget(
    endpoint: Endpoint,
    plan: Annotated[str, typer.Argument(help="The run by its plan, as `grace learn precedents` lists it.")],
    reason: Reason,
    as_json: AsJson = False,
) -> None:
    """Take out what a run taught, as when its outcome was wrong. Needs the role admin; the audit log keeps it."""
    from urllib.parse import quote

    with endpoint.connect() as api:
        found = api.post(f"/api/v1/learning/precedents/{quote(plan, safe='')}/forget", {"reason": reason})
    told = f"what {found['playbook']} taught about {found['cause']} of {found['target']} is forgotten"
    answer(found, told, as_json=as_json)


@app.command(epilog="Example:  grace learn models")
@with_endpoint
def models(endpoint: Endpoint, as_json: AsJson = False) -> None:
    """List the versions of the models of diagnosis and of texts, newest first of each."""
    with endpoint.connect() as api:
        found = api.get("/api/v1/learning/models")
    shown = [{**one, "score": _score(one["score"]), "sha256": one["sha256"][:12]} for one in found]
    answer(found, _rows(_MODEL, shown), as_json=as_json)


@app.command(epilog="Example:  grace learn restore 3")
@with_endpoint
def restore(
    endpoint: Endpoint,
    version: Annotated[int, typer.Argument(help="The version, as `grace learn models` lists it.")],
    as_json: AsJson = False,
) -> None:
    """Put an earlier version of the model of diagnosis into use again. Needs the role admin."""
    with endpoint.connect() as api:
        found = api.post(f"/api/v1/learning/models/{version}/restore", {})
    answer(found, f"version {found['version']}, a copy of {found['restored']}, is in use", as_json=as_json)


def _submit(endpoint: Endpoint, path: str, order: dict[str, str], *, wait: float, as_json: bool) -> None:
    from grace_workers.entrypoints.cli.following import submit_task

    submit_task(endpoint, path, order, wait=wait, as_json=as_json)


def _rows(columns: tuple[str, ...], found: list[dict[str, Any]], *, title: str | None = None) -> Rows:
    return Rows(columns, [[one[name] for name in columns] for one in found], title=title)


def _newest(run: dict[str, Any] | None) -> Sequence[str]:
    one = run or _NEVER
    took = ("" if one[name] is None else f"{one[name]:.1f}" for name in ("to_detect", "to_heal", "to_restore"))
    return one["at"], one["ending"], *took


def _share(value: float) -> str:
    return f"{value:.0%}"


def _score(score: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in score.items()) or "none"


def _model(found: list[dict[str, Any]]) -> str:
    return f"model {found[0]['version']} of {found[0]['outcomes']} outcomes" if found else "no model yet"


def _error(found: dict[str, Any]) -> str:
    return f"{found['count']} judged causes; expected calibration error {found['ece']:.3f}, Brier {found['brier']:.3f}"
