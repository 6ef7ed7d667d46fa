"""Serving the API with uvicorn."""

import logging

import structlog
import uvicorn

from grace_workers.bootstrap import open_runtime
from grace_workers.entrypoints.api.app import create_app
from grace_workers.settings import Settings

_GRACE_SECONDS = 2
_IDLE_SECONDS = 10


def serve(settings: Settings) -> None:
    """Serve the API at the settings' address until SIGTERM or SIGINT; requests under way get two seconds."""
    _set_up_logging(settings)
    runtime = open_runtime(settings, application="grace-api")
    try:
        uvicorn.run(
            create_app(runtime),
            host=settings.api.host,
            port=settings.api.port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
            timeout_keep_alive=_IDLE_SECONDS,
        )
    finally:
        runtime.close()


def _set_up_logging(settings: Settings) -> None:
    logging.basicConfig(level=settings.log.level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    render = structlog.processors.JSONRenderer() if settings.log.json_lines else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[settings.log.level]),
    )
