"""The demo's service: a small web shop with a table, a feature flag, a cache and a log. It knows nothing of the fleet.

Run as `python -m grace_workers.entrypoints.demo.shop FOLDER PORT`; the database URL is in `SHOP_DATABASE_URL`.
"""

import json
import logging
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path

import psycopg

from grace_workers.entrypoints.capture.levels import LevelControl

FLAG = "new_checkout"
THROTTLE_SECONDS = 0.7
MAKE_TABLE = (
    "CREATE TABLE IF NOT EXISTS orders (id bigserial PRIMARY KEY, item text NOT NULL, at timestamptz DEFAULT now())"
)

log = logging.getLogger("shop")


class Shop:
    """What the pages do."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self._folder = folder
        self._database_url = database_url

    def make_table(self) -> None:
        """Make the table of orders unless it is there."""
        with psycopg.connect(self._database_url) as connection:
            connection.execute(MAKE_TABLE)

    def catalog(self) -> str:
        """Return the page of goods; a forgotten throttle makes it slow."""
        if (self._folder / "throttle").exists():
            time.sleep(THROTTLE_SECONDS)
        return "tea, coffee, honey"

    def order(self, item: str) -> str:
        """Store an order."""
        with psycopg.connect(self._database_url, application_name="shop") as connection:
            connection.execute("INSERT INTO orders (item) VALUES (%s)", (item,))
        return f"ordered {item}"

    def average(self, items: list[str]) -> str:
        """Return the mean price of a basket, by code of the shop's own repository, which has a bug.

        Raises:
            ZeroDivisionError: the basket is empty.
        """
        pricing = import_module("pricing")
        return f"{pricing.average(items):.2f}"

    def checkout(self) -> str:
        """Return the bill; the new checkout has a bug.

        Raises:
            KeyError: the flag is on.
        """
        if self._flag_is_on():
            raise KeyError(f"price list of flag {FLAG}")
        return "3.20"

    def _flag_is_on(self) -> bool:
        flags = json.loads((self._folder / "flags.json").read_text(encoding="utf-8"))["flags"]
        return bool(flags[FLAG]["defaultVariant"] == "on")


class ShopPages(BaseHTTPRequestHandler):
    """The shop's four pages."""

    shop: Shop

    def do_GET(self) -> None:
        """Answer one request."""
        path, _, query = self.path.partition("?")
        try:
            if path == "/order":
                self._answer(200, self.shop.order(query or "tea"))
            elif path == "/average":
                self._answer(200, self.shop.average([item for item in query.split(",") if item]))
            elif path == "/checkout":
                self._answer(200, self.shop.checkout())
            elif path == "/catalog":
                self._answer(200, self.shop.catalog())
            else:
                self._answer(404, "no such page")
        except (psycopg.Error, KeyError) as error:
            log.error("%s failed: %s %s", path, type(error).__name__, error)  # noqa: TRY400 - one line says it
            self._answer(500, "sorry")
        except ArithmeticError:
            log.exception("%s failed", path)
            self._answer(500, "sorry")

    def log_message(self, *_args: object) -> None:
        """Write no access log."""

    def _answer(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    """Serve until SIGTERM."""
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    sys.path.insert(0, str(folder / "code"))
    logging.basicConfig(
        filename=folder / "logs" / "shop.log", level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
    )
    logging.Formatter.converter = time.gmtime
    LevelControl(folder / "log-control.json").start()
    shop = Shop(folder, os.environ["SHOP_DATABASE_URL"])
    shop.make_table()
    server = ThreadingHTTPServer(("127.0.0.1", port), type("ShopPages", (ShopPages,), {"shop": shop}))
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    log.info("shop opened on port %d", port)
    server.serve_forever(poll_interval=0.1)


if __name__ == "__main__":
    main()
