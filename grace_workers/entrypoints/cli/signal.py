"""`grace signal`: hand in a signal by hand."""

from typing import Annotated, Any

import typer

from grace_workers.entrypoints.cli.options import AsJson, Config, Token, Url
from grace_workers.entrypoints.cli.output import say

app = typer.Typer(add_completion=False)


@app.command(
    epilog="Examples:  grace signal HealthProbeFailed --target shop --severity critical"
    "    ·    grace signal ErrorBurst -t shop --label flag=new_checkout --text 'KeyError: cart'"
)
def signal(
    name: Annotated[str, typer.Argument(help="What is wrong, in a word: the alert's name.")],
    target: Annotated[str | None, typer.Option("--target", "-t", help="A target that grace.yaml declares.")] = None,
    severity: Annotated[str, typer.Option(help="info, warning, error or critical.")] = "error",
    summary: Annotated[str | None, typer.Option(help="One sentence for people.")] = None,
    text: Annotated[str | None, typer.Option(help="The raw line or traceback.")] = None,
    label: Annotated[list[str] | None, typer.Option("--label", "-l", help="A label, as key=value.")] = None,
    key: Annotated[str | None, typer.Option(help="The same key again is the same delivery.")] = None,
    resolved: Annotated[bool, typer.Option("--resolved", help="The condition has ended.")] = False,
    url: Url = None,
    token: Token = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Send a signal, as a monitoring system would, and say what became of it."""
    from grace_workers.entrypoints.cli.connection import connect
    from grace_workers.entrypoints.cli.output import pairs, show_json

    order: dict[str, Any] = {"name": name, "severity": severity, "status": "resolved" if resolved else "firing"}
    order |= {
        field: value
        for field, value in (("target", target), ("summary", summary), ("text", text), ("key", key))
        if value is not None
    }
    if label:
        order["labels"] = {field: str(value) for field, value in pairs(label, "label").items()}
    with connect(url, token, config) as api:
        receipt = api.post("/api/v1/signals", order)["receipts"][0]
    if as_json:
        show_json(receipt)
        return
    say(f"{receipt['fate']}: {receipt['reason']}")
    if receipt["incident"]:
        say(f"incident {receipt['incident']}  (grace incident watch {receipt['incident']})")
