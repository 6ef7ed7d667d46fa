"""The two servers of a node: given by URL, or embedded in its data directory."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from grace_workers.adapters.celery import first_look as broker_look
from grace_workers.adapters.embedded.postgres import EmbeddedPostgres
from grace_workers.adapters.embedded.server import EmbeddedServer
from grace_workers.adapters.embedded.valkey import EmbeddedValkey
from grace_workers.adapters.postgres import first_look
from grace_workers.adapters.process.child import Child
from grace_workers.fleet import Limited, Readiness, Ready
from grace_workers.node.preflight.servers import database_fits


class NodeServers:
    """Where the servers of one node are. An embedded one must be reserved before its address is asked for."""

    def __init__(self, data_dir: Path, *, database: SecretStr | None, broker: SecretStr | None) -> None:
        """What is given by URL is not embedded."""
        self._database, self._broker = database or SecretStr(""), broker or SecretStr("")
        self.postgres = EmbeddedPostgres(data_dir / "postgres") if database is None else None
        self.valkey = EmbeddedValkey(data_dir / "valkey") if broker is None else None

    @property
    def database(self) -> SecretStr:
        """The URL with which the node logs in to the database."""
        return self._database if self.postgres is None else SecretStr(self.postgres.node_url)

    @property
    def broker(self) -> SecretStr:
        """The URL of the broker."""
        return self._broker if self.valkey is None else SecretStr(self.valkey.url)

    @property
    def owned(self) -> tuple[str, Mapping[str, str]]:
        """The owner's URL, and the logins that it makes; of a database that is given both are its user's."""
        if self.postgres is None:
            return self.database.get_secret_value(), {}
        return self.postgres.url, self.postgres.logins

    def look_at_database(self, scripts: Path, *, within: timedelta) -> Readiness:
        """Judge the database before anything runs. `scripts` are the migrations that this release knows.

        Raises GraceError when the node must not start.
        """
        if self.postgres is not None:
            return Limited(self.postgres.look(), "a check of its schema, which follows once it runs")
        return database_fits(first_look.look_at(self.database.get_secret_value(), scripts, within=within))

    def look_at_broker(self, *, within: timedelta) -> Readiness:
        """Judge the broker before anything runs. Raises GraceError when the node must not start."""
        if self.valkey is not None:
            return Limited("our own Valkey is installed", "a test message through it, which follows once it runs")
        return Ready(f"answers as version {broker_look.look_at(self.broker.get_secret_value(), within=within)}")

    def reserve(self) -> None:
        """Settle the addresses of the embedded servers. Raises InputError, or ConflictError for a folder in use."""
        for server in self._embedded.values():
            server.reserve()

    def release(self) -> None:
        """Let another owner have their folders. The servers must have ended."""
        for server in self._embedded.values():
            server.release()

    def children(self) -> Sequence[Child]:
        """Return the embedded servers as processes."""
        return [server.child(name) for name, server in self._embedded.items()]

    @property
    def _embedded(self) -> Mapping[str, EmbeddedServer]:
        servers = {"postgres": self.postgres, "valkey": self.valkey}
        return {name: server for name, server in servers.items() if server is not None}
