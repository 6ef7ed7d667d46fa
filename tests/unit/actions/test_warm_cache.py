import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from grace_workers.actions import HttpProbe
from grace_workers.actions.primitives.warm_cache import DEFINITION, WarmCacheParams
from grace_workers.foundation.errors import InputError, PermanentError
from grace_workers.foundation.ids import TargetKind
from tests.conformance.primitive_cases import InMemory, Real

PARAMS = WarmCacheParams(paths=("/a", "/b"))


@dataclass(slots=True)
class Caching(HttpProbe):
    """A service that is slow for a page once. Those in `broken` never get fast."""

    warm: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)

    def get(self, path: str, timeout: timedelta) -> tuple[int, float]:
        fast = path in self.warm
        if path not in self.broken:
            self.warm.add(path)
        return 200, 0.01 if fast else 2.0


def in_memory() -> InMemory:
    service = Caching()
    return InMemory(role=service, params={"paths": ["/a", "/b"]}, look=lambda: set(service.warm), kept=lambda: 0)


@contextmanager
def caching_server() -> Iterator[tuple[str, set[str]]]:
    """Yield the address of a server that remembers which pages it was asked for, and the pages."""
    warm: set[str] = set()

    class Remembering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path != "/health":
                warm.add(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Remembering)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", warm
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@contextmanager
def real(folder: Path) -> Iterator[Real]:
    del folder
    with caching_server() as (url, warm):
        yield _real(TargetKind("http"), {"url": url}, warm)


@contextmanager
def real_process(folder: Path) -> Iterator[Real]:
    with caching_server() as (url, warm):
        said = {"command": ["true"], "pid_file": str(folder / "pid"), "http": url}
        yield _real(TargetKind("process"), said, warm)


def _real(kind: TargetKind, said: dict[str, object], warm: set[str]) -> Real:
    params = {"paths": ["/a", "/b"], "within": 20}
    return Real(kind=kind, connection=said, params=params, look=lambda: sorted(warm), kept=lambda: 0)


def test_the_outcome_tells_how_long_the_slowest_page_took_before_and_after() -> None:
    service = Caching()
    outcome = DEFINITION.apply(service, PARAMS, DEFINITION.snapshot(service, PARAMS))
    assert outcome.detail == "the slowest of 2 pages took 10 ms (was 2000 ms)"


def test_a_page_that_stays_slow_fails_the_step() -> None:
    service = Caching(broken={"/b"})
    with pytest.raises(PermanentError, match=r"/b still answers with 200 after 2\.000 s"):
        DEFINITION.apply(service, PARAMS, DEFINITION.snapshot(service, PARAMS))


@pytest.mark.parametrize("paths", [[], ["a"], ["http://other.example/"], ["/a b"], ["/a\n"], ["/x"] * 201])
def test_hostile_paths_are_refused(paths: list[str]) -> None:
    with pytest.raises(InputError, match="paths"):
        WarmCacheParams.read({"paths": paths}, "params")
