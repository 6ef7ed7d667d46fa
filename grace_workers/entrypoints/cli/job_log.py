"""The log of a job in a terminal."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from grace_workers.entrypoints.cli.output import say, say_json
from grace_workers.foundation.errors import TransientError

if TYPE_CHECKING:
    from grace_workers.entrypoints.gateway import Gateway

_MOST_FAILURES = 9
_LONGEST_PAUSE = 5.0
_SHORTEST_STREAM = 1.0


def print_log(api: "Gateway", job: str, *, follow: bool, as_json: bool) -> None:
    """Print the newest lines; with `follow`, all until the job has ended.

    Raises:
        TransientError: the API has been unreachable for about half a minute.
        GraceError: the request was refused.
    """
    found = api.get(f"/api/v1/jobs/{job}/log")
    for one in found["lines"]:
        _print(one, as_json=as_json)
    if not follow:
        if not found["lines"] and not as_json:
            say(f"no lines are kept of job {job}, which is {found['state']}")
        return
    for line in coming(api, job, found["upto"]):
        if "event" in line:
            _print(line, as_json=as_json)
        elif not as_json:
            say(f"the job is {line['state']}")


def coming(
    api: "Gateway", job: str, position: str | None, *, pause: Callable[[float], None] = time.sleep
) -> Iterator[Mapping[str, Any]]:
    """Yield the lines as they come, over as many streams as it takes, and at last the state in which the job ended.

    A stream that ends at once and brings nothing is one whose store is unreachable.

    Raises:
        TransientError: no stream has lasted or brought anything for about half a minute.
    """
    failures = 0
    while True:
        failure = TransientError(f"the log lines of job {job} are unreachable; look again later")
        began = time.monotonic()
        try:
            for kind, place, data in _blocks(api.stream(f"/api/v1/jobs/{job}/log/stream", after=position, params={})):
                failures, position, began = 0, place or position, 0.0
                yield data
                if kind == "ended":
                    return
        except TransientError as error:
            failure, began = error, time.monotonic()
        failures = failures + 1 if time.monotonic() - began < _SHORTEST_STREAM else 0
        if failures > _MOST_FAILURES:
            raise failure
        pause(min(0.1 * 2**failures, _LONGEST_PAUSE))


def _blocks(lines: Iterator[str]) -> Iterator[tuple[str, str | None, Mapping[str, Any]]]:
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
            continue
        if "data" in fields:
            yield fields.get("event", ""), fields.get("id"), json.loads(fields["data"])
        fields = {}


def _print(line: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        say_json(line)
        return
    at = "" if line["at"] is None else f"{datetime.fromisoformat(line['at']).astimezone():%H:%M:%S.%f}"
    details = "  ".join(f"{name}={value}" for name, value in line["details"].items())
    say(f"{at:<15}  {line['level']:<8}  {line['event']}  {details}".rstrip())
