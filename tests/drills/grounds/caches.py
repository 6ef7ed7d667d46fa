"""A real Valkey of someone's application."""

from typing import Any

from redis import Redis

from grace_workers.adapters.embedded import EmbeddedValkey
from tests.drills.stage import Stage


class ShopCache:
    """A server with a client of the application."""

    def __init__(self, stage: Stage) -> None:
        folder = stage.short_folder() / "valkey"
        self.server = EmbeddedValkey(folder, durable=False)
        self.snapshot = folder / "files" / "dump.rdb"
        self.server.start()
        stage.stack.callback(self.server.stop)
        self.client: Any = stage.stack.enter_context(Redis.from_url(self.server.url))

    def target(self, labels: dict[str, str], **connection: Any) -> dict[str, Any]:
        """Return the target."""
        said = {"url": self.server.url, **connection}
        return {"name": "subject", "kind": "redis", "owner": "internal", "connection": said, "labels": labels}
