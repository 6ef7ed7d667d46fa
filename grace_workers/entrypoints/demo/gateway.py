"""The demo's second service: someone else's payment gateway, which may only be touched with permission."""

import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class GatewayPage(BaseHTTPRequestHandler):
    """One page."""

    def do_GET(self) -> None:
        """Answer that payments are taken."""
        body = b"payments are taken"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Write no access log."""


def main() -> None:
    """Serve until SIGTERM."""
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), GatewayPage)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(poll_interval=0.1)


if __name__ == "__main__":
    main()
