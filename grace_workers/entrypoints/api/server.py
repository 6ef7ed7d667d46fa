"""Serving the API with uvicorn."""

import uvicorn

from grace_workers.bootstrap import open_runtime
from grace_workers.entrypoints.api.app import create_app
from grace_workers.entrypoints.log_lines import set_up
from grace_workers.settings import Settings

_GRACE_SECONDS = 2
_IDLE_SECONDS = 10


def serve(settings: Settings) -> None:
    """Serve the API at the settings' address until SIGTERM or SIGINT; requests under way get two seconds."""
    set_up(settings)
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
