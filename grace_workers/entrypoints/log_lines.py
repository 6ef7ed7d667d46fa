"""How the processes of a node log: one line an event, as JSON or for reading, and never a secret or a local variable.

No character of a foreign text acts on the terminal that shows the log, and none begins a line that looks like ours. Our
own events and the lines of libraries go the same way, so each has the time, the level, the instance, and what the edge
has bound: `job_id`, `incident_id`, `trace`.
"""

import logging
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from grace_workers.entrypoints.printable import json_text, lines, one_line
from grace_workers.foundation.redaction import without_secrets
from grace_workers.settings import Settings

_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "warn": logging.WARNING,
    "error": logging.ERROR,
    "exception": logging.ERROR,
    "critical": logging.CRITICAL,
    "fatal": logging.CRITICAL,
}
_OF_SEVERAL_LINES = frozenset({"exception", "stack"})
# A node's self-tests use these every two seconds, and a line for each question would drown everything else.
_TALKATIVE = ("httpx", "httpcore", "alembic")


@dataclass(frozen=True, slots=True)
class JobLine:
    """A line of a job's log: its event, whether it is at least a warning, and the whole, made when it is wanted."""

    job: str
    event: str
    severe: bool
    told: Callable[[], Mapping[str, Any]]


def set_up(settings: Settings, *, take: Callable[[JobLine], None] | None = None) -> None:
    """Set up this process's logging; call it once, when the process starts.

    `take` is given what jobs log, also what is below the level of the settings; nothing of it has a secret. Tracebacks
    are plain, because the usual pretty ones print the locals of every frame, and these include secrets.
    """
    shared = _shared(settings.instance)
    kept = [] if take is None else [_handed(take)]
    errors: list[Processor] = [structlog.processors.format_exc_info, _starred, *kept]
    as_json = settings.log.json_lines if settings.log.json_lines is not None else not sys.stdout.isatty()
    shown: list[Processor] = [structlog.processors.JSONRenderer(serializer=_serialized)]
    if not as_json:
        console = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
        shown = [_printable, console]
    ours = _Lines()
    least = logging.getLevelNamesMapping()[settings.log.level]
    heard = [*shared, *errors, *shown]
    if take is not None:
        finish = [processor for processor in shared if processor is not structlog.contextvars.merge_contextvars]
        heard = [structlog.contextvars.merge_contextvars, _below(least, take, [*finish, _starred]), *finish, *errors]
        heard += shown
    structlog.configure(
        processors=heard,
        wrapper_class=structlog.make_filtering_bound_logger(least if take is None else logging.DEBUG),
        logger_factory=lambda *_: ours,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared, *errors],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *shown],
        )
    )
    logging.basicConfig(level=settings.log.level, handlers=[handler], force=True)
    # Python's own warnings would be plain text lines among the others.
    logging.captureWarnings(capture=True)
    wanted = logging.getLevelNamesMapping()[settings.log.level]
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(wanted if wanted == logging.DEBUG else max(wanted, logging.WARNING))


class _Lines:
    """Prints each event as a line, to what is the standard output then.

    Its lock is that of a handler of the standard library. In a forked child no thread is left that would give it back,
    so it is free there; and one thread may take it twice, because a garbage collection in the midst of a line may end
    something that logs. The second line then comes first, and whole.
    """

    def __init__(self) -> None:
        self._turn = logging.Handler()

    def info(self, message: str) -> None:
        self._turn.acquire()
        try:
            sys.stdout.write(f"{message}\n")
            sys.stdout.flush()
        finally:
            self._turn.release()

    debug = warning = error = critical = info


def _shared(instance: str) -> list[Processor]:
    def with_instance(_logger: object, _method: str, event: EventDict) -> EventDict:
        # Context is bound per thread, but this is not, because a thread of the node belongs to the node too.
        event.setdefault("instance", instance)
        return event

    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        with_instance,
    ]


def _starred(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Replace secrets by stars in every text, including tracebacks and errors."""
    # structlog's own notes to later processors begin with an underscore.
    ours = {name: value for name, value in event.items() if name.startswith("_")}
    told = {name: _plain(value) for name, value in event.items() if name not in ours}
    return {**without_secrets(told), **ours}


def _handed(take: Callable[[JobLine], None]) -> Processor:
    """Hand on what is printed of a job."""

    def hand(_logger: object, method: str, event: EventDict) -> EventDict:
        job = event.get("job_id")
        if isinstance(job, str):
            told = {name: value for name, value in event.items() if not name.startswith("_")}
            severe = _LEVELS.get(method, logging.INFO) >= logging.WARNING
            take(JobLine(job, str(event.get("event")), severe, lambda: told))
        return event

    return hand


def _below(least: int, take: Callable[[JobLine], None], finish: list[Processor]) -> Processor:
    """Hand on what is below the level and of a job. Most of it is never wanted, so it is not finished yet."""

    def heard(logger: object, method: str, event: EventDict) -> EventDict:
        if _LEVELS[method] >= least:
            return event
        job = event.get("job_id")
        if isinstance(job, str):
            raw = dict(structlog.processors.format_exc_info(logger, method, event))
            told = partial(_finished, raw, method, datetime.now(UTC), finish)
            take(JobLine(job, str(event.get("event")), severe=False, told=told))
        raise structlog.DropEvent

    return heard


def _finished(raw: EventDict, method: str, at: datetime, finish: list[Processor]) -> Mapping[str, Any]:
    event: Any = dict(raw)
    for processor in finish:
        event = processor(None, method, event)
    return {**event, "timestamp": at.isoformat().replace("+00:00", "Z")}


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int() | float():
            return value
        case Mapping():
            return {str(key): _plain(inner) for key, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(inner) for inner in value]
        case _:
            return str(value)


def _printable(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Escape what would act on a terminal; only tracebacks keep their lines, indented."""
    return {
        one_line(name): lines(value) if name in _OF_SEVERAL_LINES else _shown(value) for name, value in event.items()
    }


def _shown(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float) else one_line(value)


def _serialized(event: Any, **_options: Any) -> str:
    return json_text(event)
