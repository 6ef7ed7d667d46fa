"""Serving the API with uvicorn."""

from typing import Any

import uvicorn

from grace_workers.bootstrap.runtime import open_runtime
from grace_workers.entrypoints.api.app import create_app
from grace_workers.entrypoints.api.connection import BoundedConnection
from grace_workers.entrypoints.log_lines import set_up
from grace_workers.settings import ApiSettings, Settings

_GRACE_SECONDS = 2
_IDLE_SECONDS = 10
_LARGEST_HEAD = 32_768


def serve(settings: Settings) -> None:
    """Serve the API at the settings' address until SIGTERM or SIGINT; requests in progress get two seconds."""
    set_up(settings)
    runtime = open_runtime(settings, application="grace-api")
    try:
        app = create_app(runtime)
        with runtime.sending_figures("grace-api", app.state.collector.collect):
            uvicorn.run(app, **served_as(settings.api))
    finally:
        runtime.close()


def served_as(api: ApiSettings) -> dict[str, Any]:
    """Return uvicorn's options."""
    return {
        "host": api.host,
        "port": api.port,
        "http": BoundedConnection,
        "h11_max_incomplete_event_size": _LARGEST_HEAD,
        # A client's header must not decide its address, because failed logins are limited by address.
        "proxy_headers": False,
        # None of our pages opens one, and an installed library must not add its own entry point.
        "ws": "none",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "timeout_graceful_shutdown": _GRACE_SECONDS,
        "timeout_keep_alive": _IDLE_SECONDS,
    }
