"""Real servers that people's messages go to: one speaks HTTP and one SMTP. Both keep what they get."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any


@dataclass
class Post:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        """The JSON."""
        return json.loads(self.raw)


@dataclass
class HttpSide:
    """An HTTP server. `answer` gives status and JSON for each request."""

    url: str = ""
    posts: list[Post] = field(default_factory=list)
    answer: Callable[[Post], tuple[int, Any]] = lambda _post: (200, {"ok": True})


@contextmanager
def http_side() -> Iterator[HttpSide]:
    """Run it."""
    side = HttpSide()

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            post = Post(self.path, {key.lower(): value for key, value in self.headers.items()}, raw)
            side.posts.append(post)
            status, told = side.answer(post)
            content = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_words: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Taking) as server, _serving(server):
        side.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield side


@dataclass
class MailSide:
    """An SMTP server. `refuses` is what it answers to DATA with, None to take the message."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    refuses: str | None = None


@contextmanager
def mail_side() -> Iterator[MailSide]:
    """Run it."""
    side = MailSide()

    class Talking(StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 here")
            for raw in self.rfile:
                verb = raw.decode().strip().upper().partition(" ")[0]
                if verb == "QUIT":
                    self._say("221 bye")
                    return
                if verb != "DATA":
                    self._say("250 fine")
                elif side.refuses is not None:
                    self._say(side.refuses)
                else:
                    self._say("354 go on")
                    side.mails.append(self._mail())
                    self._say("250 taken")

        def _mail(self) -> EmailMessage:
            lines = []
            while (line := self.rfile.readline()) != b".\r\n":
                lines.append(line)
            found = message_from_bytes(b"".join(lines), policy=policy.default)
            assert isinstance(found, EmailMessage)
            return found

        def _say(self, words: str) -> None:
            self.wfile.write(f"{words}\r\n".encode())

    with ThreadingTCPServer(("127.0.0.1", 0), Talking) as server, _serving(server):
        side.port = server.server_address[1]
        yield side


@contextmanager
def _serving(server: Any) -> Iterator[None]:
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
