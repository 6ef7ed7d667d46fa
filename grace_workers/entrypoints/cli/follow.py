"""`grace follow`: follow log files, and send the errors in them as signals."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from grace_workers.entrypoints.cli.options import Endpoint, with_endpoint
from grace_workers.entrypoints.cli.output import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grace_workers.entrypoints.gateway import Gateway
    from grace_workers.foundation.document import JsonValue

app = typer.Typer(add_completion=False)

_PAUSE, _LONGEST_WAIT = 0.5, 30.0


@app.command(epilog="Example:  grace follow /var/log/shop/*.log --target shop --state /var/lib/grace-follow")
@with_endpoint
def follow(
    endpoint: Endpoint,
    logs: Annotated[list[Path], typer.Argument(help="Log files; they need not exist yet.")],
    target: Annotated[str | None, typer.Option("--target", "-t", help="The target that they are of.")] = None,
    state: Annotated[Path, typer.Option(help="The folder that keeps the place in each log.")] = Path(".grace/logs"),
    whole: Annotated[bool, typer.Option("--whole", help="Begin a log that is new here at its start.")] = False,
    once: Annotated[bool, typer.Option("--once", help="Stop at the end of the logs.")] = False,
) -> None:
    """Follow log files through rotation and truncation; send each error, tracebacks as one, until stopped."""
    from threading import Event

    from grace_workers.entrypoints.follow import Follower, Positions

    stop = Event()
    _on_signals(stop)
    with endpoint.connect() as api:

        def send(signals: "Sequence[Mapping[str, JsonValue]]") -> None:
            _send(api, signals, stop)

        follower = Follower(logs, Positions(state / "positions.json"), send, target=target, whole=whole)
        for path in follower.lost:
            say(f"{path}: the place kept for it is gone, so it is read from its start")
        try:
            while not stop.is_set():
                if not follower.step(last=once):
                    if once:
                        break
                    stop.wait(_PAUSE)
        finally:
            follower.close()
        say(f"sent {sum(follower.sent.values())} errors of {len(logs)} logs")


def _send(api: "Gateway", signals: "Sequence[Mapping[str, JsonValue]]", stop: Any) -> None:
    """Send until the API has stored it. Raises the error of an API that will never take it, or when stopped."""
    from grace_workers.foundation.errors import TransientError

    wait = _PAUSE
    while True:
        try:
            api.post("/api/v1/signals", {"signals": [dict(one) for one in signals]})
        except TransientError as error:
            say(f"waiting {wait:g} s: {error}")
            if stop.wait(wait):
                raise
            wait = min(2 * wait, _LONGEST_WAIT)
        else:
            return


def _on_signals(stop: Any) -> None:
    import signal

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
