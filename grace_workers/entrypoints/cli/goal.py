"""`grace goal`: what the fleet is to reach, whether it does, and when it will."""

from typing import Annotated, Any

import typer

from grace_workers.entrypoints.cli.options import AsJson, Endpoint, Reason, with_endpoint
from grace_workers.entrypoints.cli.output import Rows, answer, moment

app = typer.Typer(help="The goals: list, show, indicators, add, end.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="GOAL", help="The goal's name, as `grace goal list` gives it.")]
_SHOWN = 10


@app.command("list", epilog="Example:  grace goal list")
@with_endpoint
def list_goals(endpoint: Endpoint, as_json: AsJson = False) -> None:
    """List the goals and how they stand. Exit 1 when one is off track."""
    with endpoint.connect() as api:
        found = api.get("/api/v1/goals")
    rows = [
        (
            one["goal"]["name"],
            _state(one["evaluation"]),
            _value(one["evaluation"]),
            f"{one['goal']['objective']:g}",
            f"{one['goal']['window'] / 86400:g} d",
            _met(one["evaluation"]),
            "" if one["budget"] is None else f"{one['budget']['left']:.0%}",
            one["evaluation"]["reason"] if one["evaluation"] else "evaluated at the next run of the cycle `goals`",
        )
        for one in found
    ]
    columns = ("goal", "state", "value", "at least", "over", "met in", "budget", "why")
    answer(found, Rows(columns, rows), as_json=as_json)
    if any(_state(one["evaluation"]) == "off track" for one in found):
        raise typer.Exit(1)


@app.command(epilog="Example:  grace goal show healing_success")
@with_endpoint
def show(endpoint: Endpoint, name: Name, as_json: AsJson = False) -> None:
    """Show a goal with its newest days, its forecast and its error budget."""
    from urllib.parse import quote

    with endpoint.connect() as api:
        found = api.get(f"/api/v1/goals/{quote(name, safe='')}")
    goal, stands, budget = found["goal"], found["evaluation"], found["budget"]
    told = f"{goal['name']}: {goal['indicator']} of at least {goal['objective']:g} over {goal['window'] / 86400:g} d"
    owned = f"owned by {goal['owner']}" + (f"; needs {', '.join(goal['needs'])}" if goal["needs"] else "")
    if stands is None:
        answer(found, told, owned, "not evaluated yet", as_json=as_json)
        return
    when = f"{_state(stands)} at {moment(stands['at'])}: {stands['reason']}"
    answer(found, told, owned, when, *_forecast(stands), *_budget(budget), as_json=as_json)


@app.command(epilog="Example:  grace goal indicators")
@with_endpoint
def indicators(endpoint: Endpoint, as_json: AsJson = False) -> None:
    """List what a goal can be measured by."""
    with endpoint.connect() as api:
        found = api.get("/api/v1/indicators")
    rows = [(one["name"], one["measure"], one["summary"]) for one in found]
    answer(found, Rows(("indicator", "measure", "what it is"), rows), as_json=as_json)


@app.command(epilog="Example:  grace goal add nights --indicator autonomy --objective 0.9 --days 30 --budget")
@with_endpoint
def add(
    endpoint: Endpoint,
    *,
    name: Annotated[str, typer.Argument(help="What the goal is called.")],
    indicator: Annotated[str, typer.Option(help="What it is measured by, as `grace goal indicators` lists it.")],
    objective: Annotated[float, typer.Option(help="What is to be reached: a share as 0.95, or a number.")],
    days: Annotated[int, typer.Option(help="The window, in days.")] = 30,
    owner: Annotated[str | None, typer.Option(help="Who answers for it.", show_default="you")] = None,
    needs: Annotated[
        list[str] | None, typer.Option("--needs", help="A goal to be met before; repeat for more.")
    ] = None,
    budget: Annotated[bool, typer.Option("--budget", help="Watch its error budget.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a goal; it is evaluated at once, and then daily."""
    order: dict[str, Any] = {
        "name": name,
        "indicator": indicator,
        "objective": objective,
        "days": days,
        "needs": needs or [],
        "budgeted": budget,
        **({"owner": owner} if owner else {}),
    }
    with endpoint.connect() as api:
        found = api.post("/api/v1/goals", order)
    answer(found, f"goal {name} is in force; see `grace goal show {name}`", as_json=as_json)


@app.command(epilog="Example:  grace goal end nights --reason 'the team changed'")
@with_endpoint
def end(endpoint: Endpoint, name: Name, reason: Reason, as_json: AsJson = False) -> None:
    """End a goal."""
    from urllib.parse import quote

    with endpoint.connect() as api:
        found = api.post(f"/api/v1/goals/{quote(name, safe='')}/end", {"reason": reason})
    answer(found, f"goal {name} has ended", as_json=as_json)


def _state(stands: dict[str, Any] | None) -> str:
    return "" if stands is None else str(stands["state"]).replace("_", " ")


def _value(stands: dict[str, Any] | None) -> str:
    return "" if stands is None or stands["value"] is None else f"{stands['value']:.3g}"


def _met(stands: dict[str, Any] | None) -> str:
    if stands is None or not stands["ahead"]:
        return ""
    if stands["met_by"] == 0:
        return "now"
    low, high = stands["met_within_80"]
    return f"{_span(stands['met_by'])} ({_span(low)} to {_span(high)})"


def _span(days: int | None) -> str:
    return "over 90 d" if days is None else f"{days} d"


def _forecast(stands: dict[str, Any]) -> list[Rows]:
    past = [(one["day"], f"{one['value']:.3g}", "", "") for one in stands["past"][-_SHOWN:]]
    ahead = [
        (one["day"], f"{one['value']:.3g}", _between(one["within_80"]), _between(one["within_95"]))
        for one in stands["ahead"][:_SHOWN]
    ]
    shown = [Rows(("day", "value", "80 % between", "95 % between"), past + ahead, title="Days and forecast")]
    return shown if past or ahead else []


def _between(ends: list[float]) -> str:
    return f"{ends[0]:.3g} and {ends[1]:.3g}"


def _budget(budget: dict[str, Any] | None) -> list[str | Rows]:
    if budget is None:
        return []
    told = (
        f"error budget: {budget['failures']:g} of {budget['allowed']:.3g} allowed failures, {budget['left']:.0%} left"
    )
    rows = [
        (
            f"{one['long_window'] / 3600:g} h",
            f"{one['short_window'] / 60:g} min",
            f"{one['long']:.2f}",
            f"{one['short']:.2f}",
            f"{one['limit']:g}",
            "yes" if one["burning"] else "",
        )
        for one in budget["rates"]
    ]
    return [told, Rows(("over", "and still over", "rate", "rate still", "limit", "too fast"), rows, title="Burn rates")]
