"""A real HTTP server that answers `/chat/completions` by a script, well or badly."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Play = Callable[[BaseHTTPRequestHandler], None]
"""Writes one answer, or what is to come instead of one."""


@dataclass
class ModelServer:
    """The server: what it answers, in turn, and what it was sent. The last answer is repeated."""

    url: str = ""
    plays: Sequence[Play] = ()
    asked: list[Any] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    @property
    def texts(self) -> str:
        """Everything that was sent to it."""
        return json.dumps([self.asked, self.headers])


def sent(status: int, content: bytes, **headers: str) -> Play:
    """Answer with this."""

    def play(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(content)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(content)

    return play


def said(text: str | None, *, reason: str = "stop", **more: Any) -> Play:
    """Answer as a model does."""
    told = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_790_000_000,
        "model": "small",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text, **more},
                "finish_reason": reason,
                "logprobs": None,
            }
        ],
        "usage": {"prompt_tokens": 500, "completion_tokens": 50, "total_tokens": 550},
    }
    return sent(200, json.dumps(told).encode())


def dripped(seconds: float) -> Play:
    """Answer with a byte at a time, for so long."""

    def play(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        until = time.monotonic() + seconds
        with suppress(BrokenPipeError, ConnectionResetError):
            while time.monotonic() < until:
                handler.wfile.write(b" ")
                handler.wfile.flush()
                time.sleep(0.02)

    return play


def hung(released: threading.Event) -> Play:
    """Answer nothing until the test ends."""
    return lambda _handler: released.wait(30) and None


def broken(handler: BaseHTTPRequestHandler) -> None:
    """Close the connection in the middle of an answer."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"choices": [')
    handler.close_connection = True


@contextmanager
def model_server() -> Iterator[ModelServer]:
    """Run it."""
    side = ModelServer()

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.path == "/v1/chat/completions"
            side.asked.append(json.loads(raw))
            side.headers.append({name.lower(): value for name, value in self.headers.items()})
            side.plays[min(len(side.asked), len(side.plays)) - 1](self)

        def log_message(self, *_words: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        side.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        yield side
        server.shutdown()
        thread.join(5)
