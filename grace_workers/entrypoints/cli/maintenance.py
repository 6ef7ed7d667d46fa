"""`grace maintenance`, `grace mute` and `grace freeze`: windows in which signals are muted or nothing acts."""

from pathlib import Path
from typing import Annotated, Any

import typer

from grace_workers.entrypoints.cli.options import AsJson, Beginning, Endpoint, Reason, with_endpoint
from grace_workers.entrypoints.cli.output import Rows, answer, moment, pairs, span

app = typer.Typer(help="Maintenance windows: list, preview, add, import or end.", no_args_is_help=True)
mute_app = typer.Typer()
freeze_app = typer.Typer()

Targets = Annotated[list[str] | None, typer.Option("--target", "-t", help="Only this target; repeat it for more.")]
Labels = Annotated[list[str] | None, typer.Option("--label", "-l", help="Only targets with this label, as key=value.")]
Alerts = Annotated[list[str] | None, typer.Option("--alert", help="Mute only signals of this name.")]
Causes = Annotated[list[str] | None, typer.Option("--cause", help="Freeze only plans for this cause.")]
Lasts = Annotated[str, typer.Option("--for", help="How long, as 30m or 2h.")]
Preview = Annotated[bool, typer.Option("--preview", help="Show what it would hide; make nothing.")]


@mute_app.command(epilog="Example:  grace mute -t shop-db --for 2h --reason 'the nightly copy'")
@with_endpoint
def mute(
    endpoint: Endpoint,
    *,
    lasts: Lasts,
    reason: Reason,
    target: Targets = None,
    label: Labels = None,
    alert: Alerts = None,
    preview: Preview = False,
    as_json: AsJson = False,
) -> None:
    """Let signals open no incident for a while. They are stored, and incidents that are open go on."""
    scope = {"targets": target or [], "labels": _labels(label), "alerts": alert or []}
    _order(endpoint, {"name": "mute", "effect": "mute", "lasts": lasts, "reason": reason, **scope}, preview, as_json)


@freeze_app.command(epilog="Example:  grace freeze --for 4h --reason 'the release' --label team=shop")
@with_endpoint
def freeze(
    endpoint: Endpoint,
    *,
    lasts: Lasts,
    reason: Reason,
    target: Targets = None,
    label: Labels = None,
    cause: Causes = None,
    preview: Preview = False,
    as_json: AsJson = False,
) -> None:
    """Let nothing act for a while. Problems are still recognised, and plans are made but not carried out."""
    scope = {"targets": target or [], "labels": _labels(label), "causes": cause or []}
    order = {"name": "freeze", "effect": "freeze", "lasts": lasts, "reason": reason, **scope}
    _order(endpoint, order, preview, as_json)


@app.command(epilog="Example:  grace maintenance add copy --effect mute --for 2h --rule 'FREQ=WEEKLY;BYDAY=SU' -r copy")
@with_endpoint
def add(
    endpoint: Endpoint,
    *,
    name: Annotated[str, typer.Argument(help="What the window is called.")],
    effect: Annotated[str, typer.Option(help="mute: its signals open no incident; freeze: nothing acts.")],
    lasts: Lasts,
    reason: Reason,
    start: Beginning = None,
    until: Annotated[str | None, typer.Option(help="After this time it does not recur.", show_default="a year")] = None,
    rule: Annotated[str, typer.Option(help="How it recurs (RFC 5545), as FREQ=WEEKLY;BYDAY=SU.")] = "",
    zone: Annotated[str, typer.Option(help="The time zone that the rule counts in.")] = "UTC",
    target: Targets = None,
    label: Labels = None,
    alert: Alerts = None,
    cause: Causes = None,
    preview: Preview = False,
    as_json: AsJson = False,
) -> None:
    """Make a window, once or recurring."""
    order = {
        "name": name,
        "effect": effect,
        "lasts": lasts,
        "reason": reason,
        "rule": rule,
        "zone": zone,
        "targets": target or [],
        "labels": _labels(label),
        "alerts": alert or [],
        "causes": cause or [],
        **({"starts_at": start} if start else {}),
        **({"ends_at": until} if until else {}),
    }
    _order(endpoint, order, preview, as_json)


@app.command("import", epilog="Example:  grace maintenance import freezes.ics --effect freeze --preview")
@with_endpoint
def import_calendar(
    endpoint: Endpoint,
    *,
    file: Annotated[Path, typer.Argument(help="An iCalendar file; each event becomes a window.")],
    effect: Annotated[str, typer.Option(help="mute or freeze.")],
    target: Targets = None,
    label: Labels = None,
    preview: Preview = False,
    as_json: AsJson = False,
) -> None:
    """Make a window of each event of an iCalendar file that is not over. Its summary is the reason."""
    from grace_workers.entrypoints.cli.calendar import orders_of

    scope: dict[str, Any] = {"targets": target or [], "labels": _labels(label)}
    path = "/api/v1/windows/preview" if preview else "/api/v1/windows"
    with endpoint.connect() as api:
        made = [api.post(path, {**order, "effect": effect, **scope}) for order in orders_of(file)]
    found = [one["window"] for one in made] if preview else made
    answer(made, _rows(found), as_json=as_json)


@app.command("list", epilog="Example:  grace maintenance list")
@with_endpoint
def list_windows(endpoint: Endpoint, as_json: AsJson = False) -> None:
    """List the windows that are in force or still to come."""
    with endpoint.connect() as api:
        found = api.get("/api/v1/windows")
    answer(found, _rows(found), as_json=as_json)


@app.command(epilog="Example:  grace maintenance end 0198c0de-… --reason 'the release is out'")
@with_endpoint
def end(
    endpoint: Endpoint,
    window: Annotated[str, typer.Argument(metavar="ID", help="The window's id, as listed.")],
    reason: Reason,
    as_json: AsJson = False,
) -> None:
    """End a window at once."""
    from grace_workers.foundation.ids import parse_uuid

    wanted = parse_uuid(window, "window")
    with endpoint.connect() as api:
        found = api.post(f"/api/v1/windows/{wanted}/end", {"reason": reason})
    answer(found, f"ended {found['effect']} {found['name']!r}", as_json=as_json)


def _order(endpoint: Endpoint, order: dict[str, Any], preview: bool, as_json: bool) -> None:
    with endpoint.connect() as api:
        found = api.post("/api/v1/windows/preview" if preview else "/api/v1/windows", order)
    if not preview:
        when = moment(found["in_force_until"] or (found["upcoming"] or [None])[0])
        said = "until" if found["in_force_until"] else "next at"
        answer(found, f"{found['effect']} {found['id']} {said} {when}", as_json=as_json)
        return
    hidden = [(one["target"], one["name"], one["count"]) for one in found["hidden"]]
    covers = ", ".join(found["covers"]) or "no declared target"
    told = f"of the newest {found['looked_at']} signals it would have hidden {sum(one[2] for one in hidden)}"
    rows = Rows(("target", "name", "signals"), hidden)
    answer(found, f"covers: {covers}", _coming(found["window"]), told, rows, as_json=as_json)


def _coming(window: dict[str, Any]) -> str:
    return f"begins: {', '.join(moment(one) for one in window['upcoming']) or 'never'}"


def _rows(found: list[dict[str, Any]]) -> Rows:
    rows = [
        (
            one["id"],
            one["name"],
            one["effect"],
            moment(one["in_force_until"]) if one["in_force_until"] else "",
            moment(one["upcoming"][0]) if one["upcoming"] else "",
            span(one["lasts"]),
            one["rule"],
            ", ".join(one["scope"]["targets"]) or ", ".join(f"{k}={v}" for k, v in one["scope"]["labels"].items()),
            one["by"],
            one["reason"],
        )
        for one in found
    ]
    return Rows(("id", "name", "effect", "until", "next", "lasts", "rule", "scope", "by", "reason"), rows)


def _labels(given: list[str] | None) -> dict[str, str]:
    return {key: str(value) for key, value in pairs(given or [], "label").items()}
