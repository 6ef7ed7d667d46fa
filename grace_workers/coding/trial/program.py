"""What the program does: read how to run pytest, then record the suite once, or serve requests over its tests."""

import importlib.util
import os
import sys
from typing import Any

from .channel import Channel

# Each of these would distribute or shuffle the tests, or trace instead of us.
_QUIETED = {"xdist": ("-n0",), "pytest_randomly": ("-p", "no:randomly"), "pytest_cov": ("--no-cov",)}
_ALWAYS = ("-p", "no:cacheprovider", "-p", "no:faulthandler")


def main() -> None:
    """Serve one start: the first line gives the mode and pytest's arguments; the last answer says how pytest ended."""
    channel = Channel()
    start = channel.receive()
    if start is None:
        return
    if start["mode"] == "explore":
        from .explore import explore

        explore(start, channel)
        os._exit(0)
    import pytest

    arguments = [*start["arguments"], *_ALWAYS, *_quieted(), "--basetemp", start["scratch"]]
    if start["mode"] == "serve":
        arguments.append("--capture=no")
    code = pytest.main(arguments, plugins=[_plugin(start, channel)])
    channel.send({"event": "end", "code": int(code)})
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - nothing may fail to flush
    os._exit(0)


def _plugin(start: dict[str, Any], channel: Channel) -> object:
    if start["mode"] == "serve":
        from .service import Service

        return Service(start, channel)
    from .recorder import Recorder

    return Recorder(start, channel)


def _quieted() -> list[str]:
    if os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD"):
        return []
    return [word for name, words in _QUIETED.items() if importlib.util.find_spec(name) for word in words]
