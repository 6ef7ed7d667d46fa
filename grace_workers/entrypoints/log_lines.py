"""How the processes of a node log: one line an event, as JSON or for reading, and never a local variable."""

import logging

import structlog

from grace_workers.settings import Settings

_PLAIN = "%(asctime)s %(levelname)s %(name)s %(message)s"

# These tell of every question that a self-test asks, many times a minute.
_CHATTY = ("httpx", "httpcore", "alembic")


def set_up(settings: Settings) -> None:
    """Set up this process's logging; call it once, when the process starts.

    Tracebacks are plain: the usual pretty ones print the locals of every frame, and among those are secrets.
    """
    logging.basicConfig(level=settings.log.level, format=_PLAIN)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    # It tells of every plug-in that it loads; what it does to the schema, the boot tells.
    logging.getLogger("alembic").setLevel(max(logging.WARNING, logging.getLogger().level))
    lines: structlog.typing.Processor = structlog.processors.JSONRenderer()
    if not settings.log.json_lines:
        lines = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            lines,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[settings.log.level]),
    )
