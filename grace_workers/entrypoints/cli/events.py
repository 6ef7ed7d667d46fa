"""`grace events`: what happens in the fleet, as it happens."""

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from grace_workers.entrypoints.cli.options import AsJson, Endpoint, Reason, with_endpoint
from grace_workers.entrypoints.cli.output import Rows, answer, say, say_json
from grace_workers.foundation.errors import InputError, TransientError

if TYPE_CHECKING:
    from grace_workers.entrypoints.gateway import Gateway

app = typer.Typer(help="Watch the events of the fleet as they happen.", no_args_is_help=True)

_PAGE = 500
_MOST_FAILURES = 10
_LONGEST_PAUSE = 5.0
_LONGEST_WORDS = 160
_WHAT = ("headline", "after", "change", "state", "ending", "approved", "intent")
_WHY = ("why", "detail", "error", "reason")


@app.command(
    epilog="Examples:  grace events tail --follow    ·    grace events tail --topic job.ended --from 2h --json"
)
@with_endpoint
def tail(
    endpoint: Endpoint,
    topic: Annotated[list[str] | None, typer.Option(help="Only this topic; can be repeated.")] = None,
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="A position, a time (2026-01-31T12:00:00Z), a span back (10m, 2h), or `start`.",
            show_default="the newest events",
        ),
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help=("Keep running, and print events as they happen."))
    ] = False,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=_PAGE, help="How many, without --from.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Print events, oldest first. With --json, one JSON document a line."""
    begin = _begin(start, datetime.now(UTC))
    with endpoint.connect() as api:
        position = _print_kept(api, topic or [], begin, limit, as_json=as_json)
        if follow:
            for event in _coming(api, topic or [], position):
                _print(event, as_json=as_json)


@app.command("topics", epilog="Example:  grace events topics")
@with_endpoint
def list_topics(endpoint: Endpoint, as_json: AsJson = False) -> None:
    """List the topics and when each is published; with --json, the schemas of their bodies too."""
    with endpoint.connect() as api:
        found = api.get("/api/v1/events/topics")
    rows = [(one["topic"], one["about"]) for one in found]
    answer(found, Rows(("topic", "published when"), rows), as_json=as_json)


@app.command(epilog="Example:  grace events subscriptions")
@with_endpoint
def subscriptions(endpoint: Endpoint, as_json: AsJson = False) -> None:
    """List durable subscriptions, how far they lag, and the events they had to park."""
    with endpoint.connect() as api:
        found = api.get("/api/v1/events/subscriptions")
    columns = ("name", "position", "lag", "holder", "attempts", "missed")
    aside = ("subscription", "position", "topic", "attempts", "error")
    parked = Rows(aside, [[one[name] for name in aside] for one in found["parked"]], "parked")
    subscribed = Rows(columns, [[one[name] for name in columns] for one in found["subscriptions"]])
    answer(found, subscribed, *([parked] if found["parked"] else []), as_json=as_json)


@app.command(epilog="Example:  grace events rewind escalations --from 2h --reason 'the mails were lost'")
@with_endpoint
def rewind(
    endpoint: Endpoint,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The subscription's name, as listed by `subscriptions`.")],
    reason: Reason,
    start: Annotated[str, typer.Option("--from", help="A position, a time, a span back, or `start`.")],
    as_json: AsJson = False,
) -> None:
    """Deliver events of a subscription again, from a point on, whichever process delivers them."""
    from urllib.parse import quote

    begin = _begin(start, datetime.now(UTC))
    order = {key: int(value) if key == "after" else value for key, value in begin.items()}
    with endpoint.connect() as api:
        found = api.post(f"/api/v1/events/subscriptions/{quote(name, safe='')}/rewind", {**order, "reason": reason})
    answer(found, f"{found['name']} continues with event {found['position'] + 1}", as_json=as_json)


def _begin(start: str | None, now: datetime) -> Mapping[str, str]:
    """Return the parameters that say where to begin.

    Raises:
        InputError: `start` is neither a position, nor a time, nor a span.
    """
    from grace_workers.playbooks import parse_duration

    if start is None:
        return {}
    if start == "start":
        return {"since": "1970-01-01T00:00:00Z"}
    if start.isascii() and start.isdecimal():
        return {"after": str(max(int(start) - 1, 0))}
    try:
        moment = datetime.fromisoformat(start)
    except ValueError:
        moment = None
    if moment is not None:
        return {"since": moment.astimezone(UTC).isoformat()}
    try:
        return {"since": (now - parse_duration(start)).isoformat()}
    except InputError:
        raise InputError(
            f"--from {start[:80]!r} is not a position (17), time (2026-01-31T12:00:00Z), span (10m) or `start`"
        ) from None


def _print_kept(api: "Gateway", topics: list[str], begin: Mapping[str, str], limit: int, *, as_json: bool) -> int:
    """Print what is there already, and return the position from which to continue."""
    size = _PAGE if begin else limit
    asked: Mapping[str, Any] = {**begin, "topic": topics, "limit": size}
    while True:
        page = api.ask("GET", "/api/v1/events", params=asked)
        for event in page["events"]:
            _print(event, as_json=as_json)
        position: int = page["upto"]
        if not begin or len(page["events"]) < size:
            return position
        asked = {"after": position, "topic": topics, "limit": size}


def _coming(api: "Gateway", topics: list[str], position: int) -> Iterator[Mapping[str, Any]]:
    """Yield events as they come, over as many streams as it takes; a gap appears as an event of topic `missed`.

    Raises:
        TransientError: the API has been unreachable for about half a minute.
    """
    failures = 0
    while True:
        try:
            for place, name, data in _blocks(
                api.stream("/api/v1/events/stream", after=str(position), params={"topic": topics})
            ):
                position, failures = int(place), 0
                if data is not None:
                    yield data if name != "missed" else {"topic": "missed", "position": position, "body": data}
        except TransientError:
            failures += 1
            if failures > _MOST_FAILURES:
                raise
        time.sleep(min(0.1 * 2**failures, _LONGEST_PAUSE))


def _blocks(lines: Iterable[str]) -> Iterator[tuple[str, str, Any]]:
    """Yield position, name and data of each block of a stream that has a position; data is None if there is none."""
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
            continue
        if "id" in fields:
            data = json.loads(fields["data"]) if "data" in fields else None
            yield fields["id"], fields.get("event", ""), data
        fields = {}


def _print(event: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        say_json(event)
        return
    body = event["body"]
    if event["topic"] == "missed":
        say(f"(events {body['after'] + 1} to {body['upto']} have been deleted)")
        return
    at = datetime.fromisoformat(event["at"]).astimezone()
    say(f"{event['position']:>8}  {at:%H:%M:%S.%f}  {event['topic']:<17} {event['key']:<26} {_told(body)}")


def _told(body: Mapping[str, Any]) -> str:
    """Return the content of an event in a few words: the step it is about, what happened, and why."""
    step, what, why = (
        next((str(body[name]) for name in names if body.get(name) not in {None, ""}), "")
        for names in (("step",), _WHAT, _WHY)
    )
    words = ": ".join(part for part in (" ".join(filter(None, (step, what))), why) if part)
    return " ".join(words.split())[:_LONGEST_WORDS]
