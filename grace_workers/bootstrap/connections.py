"""The connections of a node's own process. Nothing connects before its first use, when the servers are settled."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property

from pydantic import SecretStr
from sqlalchemy import Engine

from grace_workers.adapters.embedded import EmbeddedPostgres, EmbeddedValkey
from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.bootstrap.kernels import kernel_probe
from grace_workers.fleet import Probe
from grace_workers.settings import Addresses, Settings


class NodeConnections:
    """Where the servers of one node are, given or embedded, and what reaches them."""

    def __init__(self, settings: Settings, postgres: EmbeddedPostgres | None, valkey: EmbeddedValkey | None) -> None:
        self._settings = settings
        self._closing = ExitStack()
        self.postgres = postgres
        self.valkey = valkey

    @property
    def addresses(self) -> Addresses:
        """Where the servers are; embedded ones must have been reserved."""
        given = self._settings
        database = given.database.url if self.postgres is None else SecretStr(self.postgres.node_url)
        broker = given.broker.url if self.valkey is None else SecretStr(self.valkey.url)
        if database is None or broker is None:
            raise AssertionError("no server is configured or embedded")
        return Addresses(database=database, broker=broker)

    @property
    def owned(self) -> tuple[str, Mapping[str, str]]:
        """The owner's address, and the logins that it makes; of a server that is given both are its user's."""
        if self.postgres is None:
            return self.addresses.database.get_secret_value(), {}
        return self.postgres.url, self.postgres.logins

    @cached_property
    def engine(self) -> Engine:
        """What the boot, the membership and the children's self-tests share."""
        engine = make_engine(self.addresses.database.get_secret_value(), application="grace-node", pool_size=4)
        self._closing.callback(engine.dispose)
        return engine

    @cached_property
    def _probe(self) -> Probe:
        return kernel_probe(self._settings, self.addresses, self._closing)

    def asking(self, *, thorough: bool) -> Probe:
        """Return what self-tests ask; with `thorough` for their full contract."""
        return replace(self._probe, thorough=thorough)

    def close(self) -> None:
        """Close what was opened."""
        self._closing.close()
