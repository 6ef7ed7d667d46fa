"""`grace signal`: send a signal by hand, and list received ones."""

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from grace_workers.entrypoints.cli.options import AsJson, Endpoint, OfTarget, with_endpoint
from grace_workers.entrypoints.cli.output import Rows, answer, moment, pairs

_SEND = "send"


class _SendUnlessNamed(TyperGroup):
    """The word `send` may be left out; only the other commands must be named."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Insert `send` if no command is named."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = [_SEND, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_SendUnlessNamed,
    help="Send a signal (the word `send` may be left out), or list those received.",
    no_args_is_help=True,
    add_completion=False,
)


@app.command(
    _SEND,
    epilog="Examples:  grace signal send HealthProbeFailed --target shop --severity critical"
    "    ·    grace signal send ErrorBurst -t shop --label flag=new_checkout --text 'KeyError: cart'",
)
@with_endpoint
def signal(
    endpoint: Endpoint,
    name: Annotated[str, typer.Argument(help="The alert's name: what is wrong, in one word.")],
    target: Annotated[str | None, typer.Option("--target", "-t", help="A target declared in grace.yaml.")] = None,
    severity: Annotated[str, typer.Option(help="info, warning, error or critical.")] = "error",
    summary: Annotated[str | None, typer.Option(help="One sentence for people.")] = None,
    text: Annotated[str | None, typer.Option(help="The raw line or traceback.")] = None,
    label: Annotated[list[str] | None, typer.Option("--label", "-l", help="A label, as key=value.")] = None,
    key: Annotated[str | None, typer.Option(help="The same key means the same delivery.")] = None,
    resolved: Annotated[bool, typer.Option("--resolved", help="The condition has ended.")] = False,
    as_json: AsJson = False,
) -> None:
    """Send a signal, as a monitoring system would, and print the outcome."""
    order: dict[str, Any] = {"name": name, "severity": severity, "status": "resolved" if resolved else "firing"}
    order |= {
        field: value
        for field, value in (("target", target), ("summary", summary), ("text", text), ("key", key))
        if value is not None
    }
    if label:
        order["labels"] = {field: str(value) for field, value in pairs(label, "label").items()}
    with endpoint.connect() as api:
        receipt = api.post("/api/v1/signals", order)["receipts"][0]
    about = receipt["incident"]
    watch = [f"incident {about}  (grace incident watch {about})"] if about else []
    answer(receipt, f"{receipt['fate']}: {receipt['reason']}", *watch, as_json=as_json)


@app.command("beat", epilog="Example:  grace signal beat backup    (the last line of a nightly job)")
@with_endpoint
def beat(
    endpoint: Endpoint,
    name: Annotated[str, typer.Argument(help="A heartbeat that grace.yaml declares.")],
    as_json: AsJson = False,
) -> None:
    """Send a heartbeat, whose absence is a signal."""
    with endpoint.connect() as api:
        found = api.post(f"/api/v1/heartbeats/{name}", {})
    answer(found, f"heard {found['name']} of {found['target']} at {found['heard_at']}", as_json=as_json)


@app.command("deployments", epilog="Example:  grace signal deployments --target shop-web")
@with_endpoint
def list_deployments(
    endpoint: Endpoint,
    *,
    target: OfTarget = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=500, help="So many of the newest.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List what pipelines reported as deployed, newest first."""
    with endpoint.connect() as api:
        wanted = {} if target is None else {"target": target}
        found = api.get("/api/v1/deployments", limit=limit, **wanted)
    told = ("target", "revision", "state", "environment", "by", "title")
    rows = [(moment(one["at"]), *(one[name] for name in told)) for one in found]
    answer(found, Rows(("at", *told), rows), as_json=as_json)


@app.command("list", epilog="Examples:  grace signal list    ·    grace signal list --unmatched")
@with_endpoint
def list_signals(
    endpoint: Endpoint,
    *,
    unmatched: Annotated[
        bool, typer.Option("--unmatched", help="Only those that name no declared target, with what to declare.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=500, help="How many of the newest.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List the newest signals and their outcomes; `--unmatched`: those without a target, by what they seem to mean."""
    from grace_workers.entrypoints.cli.unmatched import advice

    with endpoint.connect() as api:
        wanted = {"unmatched": "true"} if unmatched else {}
        found = api.get("/api/v1/signals", limit=limit, **wanted)
    if unmatched:
        answer(found, *advice(found).splitlines(), as_json=as_json)
        return
    rows = [
        (moment(one["observed_at"]), one["source"], one["name"], one["target"], one["fate"], one["reason"])
        for one in found
    ]
    answer(found, Rows(("observed", "source", "name", "target", "led to", "why"), rows), as_json=as_json)
