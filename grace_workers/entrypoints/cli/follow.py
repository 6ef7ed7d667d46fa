"""`grace follow`: follow log files and the journal, and send the errors in them as signals."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from grace_workers.entrypoints.cli.options import Endpoint, with_endpoint
from grace_workers.entrypoints.cli.output import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grace_workers.entrypoints.follow import Follower, JournalFollower
    from grace_workers.entrypoints.follow.reporting import Send
    from grace_workers.entrypoints.gateway import Gateway
    from grace_workers.foundation.document import JsonValue

app = typer.Typer(add_completion=False)

_PAUSE, _LONGEST_WAIT = 0.5, 30.0


@app.command(
    epilog="Examples:  grace follow /var/log/shop/*.log --target shop --state /var/lib/grace-follow    ·    "
    "grace follow --unit shop.service"
)
@with_endpoint
def follow(
    endpoint: Endpoint,
    logs: Annotated[list[Path] | None, typer.Argument(help="Log files; they need not exist yet.")] = None,
    journal: Annotated[bool, typer.Option("--journal", help="Follow the whole journal of systemd, too.")] = False,
    unit: Annotated[list[str] | None, typer.Option("--unit", "-u", help="Follow a unit's journal; repeatable.")] = None,
    journal_dir: Annotated[Path | None, typer.Option(help="The folder of the journal, if not this machine's.")] = None,
    target: Annotated[str | None, typer.Option("--target", "-t", help="The target that they are of.")] = None,
    state: Annotated[Path, typer.Option(help="The folder that keeps the place in each log.")] = Path(".grace/logs"),
    whole: Annotated[bool, typer.Option("--whole", help="Begin a log that is new here at its start.")] = False,
    once: Annotated[bool, typer.Option("--once", help="Stop at the end of the logs.")] = False,
) -> None:
    """Follow log files and the journal; send each error, tracebacks as one, until stopped.

    Files are followed through rotation and truncation. Errors of a unit are of the target that has its name, if
    --target names none.
    """
    from threading import Event

    if not (logs or journal or unit or journal_dir):
        raise typer.BadParameter("give log files, --unit or --journal")
    stop = Event()
    _on_signals(stop)
    with endpoint.connect() as api, ExitStack() as stack:

        def send(signals: "Sequence[Mapping[str, JsonValue]]") -> None:
            _send(api, signals, stop)

        followers: list[Follower | JournalFollower] = []
        if logs:
            followers.append(_of_files(logs, state, send, target=target, whole=whole))
        if journal or unit or journal_dir:
            units = [] if journal else unit or []
            followers.append(_of_journal(units, journal_dir, state, send, target=target, whole=whole, once=once))
        for one in followers:
            stack.callback(one.close)
        _run(followers, stop, once=once)
        of = f"{len(logs or ())} logs" + (" and the journal" if len(followers) > bool(logs) else "")
        say(f"sent {sum(sum(one.sent.values()) for one in followers)} errors of {of}")


def _of_files(logs: "Sequence[Path]", state: Path, send: "Send", *, target: str | None, whole: bool) -> "Follower":
    from grace_workers.entrypoints.follow import Follower, Positions

    follower = Follower(logs, Positions(state / "positions.json"), send, target=target, whole=whole)
    for path in follower.lost:
        say(f"{path}: its stored position is lost, so it is read from its start")
    return follower


def _of_journal(
    units: "Sequence[str]",
    folder: Path | None,
    state: Path,
    send: "Send",
    *,
    target: str | None,
    whole: bool,
    once: bool,
) -> "JournalFollower":
    from grace_workers.entrypoints.follow import FollowedJournal, JournalFollower, JournalPosition

    read = FollowedJournal(units, folder=folder, once=once)
    return JournalFollower(read, JournalPosition(state / "journal.json"), send, target=target, whole=whole, tell=say)


def _run(followers: "Sequence[Follower | JournalFollower]", stop: Any, *, once: bool) -> None:
    """Read from all until stopped, or with `once` until there is nothing more."""
    while not stop.is_set():
        read = [one.step(last=once) for one in followers]
        if not any(read):
            if once:
                return
            stop.wait(_PAUSE)


def _send(api: "Gateway", signals: "Sequence[Mapping[str, JsonValue]]", stop: Any) -> None:
    """Send until the API has stored it. Raises the error of an API that will never accept it, or when stopped."""
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
